"""How often a worker looks, and what rests, while a demo's clock jumps; in production never."""

from datetime import timedelta

import pytest

from chenu.core.clock import CLOCK
from chenu.core.recurrence import Every
from chenu.flows.services import Services
from chenu.jobs import jumps
from chenu.jobs.jumps import Jumps
from chenu.jobs.recurring import Recurring


async def _nothing(services: Services, due_at: object) -> None: ...


CHECK = Recurring("check", Every(timedelta(hours=1)), _nothing, rests=True)
REPAIR = Recurring("repair", Every(timedelta(seconds=5)), _nothing)


class Machine:
    """Its clock, and settings of a demo or of production."""

    def __init__(self, is_movable: bool) -> None:
        self.is_movable = is_movable
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    def jump(self, by: timedelta) -> None:
        CLOCK.move_to_offset(CLOCK.offset + by)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Machine:
    made = Machine(request.param)
    monkeypatch.setattr(jumps, "time", made)
    monkeypatch.setattr(CLOCK, "_offset", timedelta())
    return made


@pytest.mark.parametrize("machine", [True], indirect=True)
def test_while_the_clock_jumps_what_rests_runs_every_few_seconds(machine: Machine) -> None:
    found = Jumps(machine)
    assert (found.pause, found.let_start(CHECK)) == (0.1, True)

    machine.jump(timedelta(hours=1))

    assert (found.pause, found.let_start(CHECK), found.let_start(REPAIR)) == (0.02, False, True)
    machine.seconds += 16
    machine.jump(timedelta(hours=1))
    assert found.let_start(CHECK)


@pytest.mark.parametrize("machine", [True], indirect=True)
def test_after_the_last_jump_it_runs_at_once(machine: Machine) -> None:
    found = Jumps(machine)
    found.let_start(CHECK)
    machine.jump(timedelta(hours=1))
    assert not found.let_start(CHECK)

    machine.seconds += 3

    assert (found.pause, found.let_start(CHECK)) == (0.1, True)


@pytest.mark.parametrize("machine", [True], indirect=True)
def test_it_rests_for_a_week_of_business_time_at_most(machine: Machine) -> None:
    found = Jumps(machine)
    found.let_start(CHECK)
    for _ in range(7):
        machine.jump(timedelta(days=1))
        machine.seconds += 0.05

    assert found.let_start(CHECK)


@pytest.mark.parametrize("machine", [False], indirect=True)
def test_in_production_nothing_rests(machine: Machine) -> None:
    found = Jumps(machine)

    assert [found.let_start(CHECK) for _ in range(2)] == [True, True]
    assert found.pause == 1.0
