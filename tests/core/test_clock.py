"""Business time may begin before or after system time; from then on it never goes back."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from chenu.core import db
from chenu.core.business_clock import advance_clock, begin_clock, follow_clock
from chenu.core.clock import CLOCK, BusinessClock, business_now, system_now
from chenu.flows.services import Services

DAY = timedelta(days=1)
SOON = timedelta(seconds=5)


@dataclass(frozen=True)
class Movable:
    is_movable: bool = True


@pytest.fixture
def clock() -> BusinessClock:
    return BusinessClock()


@pytest.mark.parametrize("days", [-400, 0, 30])
def test_the_first_reading_is_adopted_whatever_it_is(clock: BusinessClock, days: int) -> None:
    clock.move_to_offset(days * DAY)

    assert clock.offset == days * DAY
    assert abs(clock.now() - system_now() - days * DAY) < SOON


@pytest.mark.parametrize("days", [-400, 0, 30])
def test_an_old_reading_is_ignored(clock: BusinessClock, days: int) -> None:
    clock.move_to_offset(days * DAY)

    clock.move_to_offset(days * DAY + timedelta(seconds=1))
    clock.move_to_offset(days * DAY)

    assert clock.offset == days * DAY + timedelta(seconds=1)


def test_without_a_reading_it_is_system_time(clock: BusinessClock) -> None:
    assert clock.offset == timedelta()
    assert abs(clock.now() - system_now()) < SOON


@pytest.mark.parametrize("days", [-400, 30])
async def test_all_processes_follow_the_time_at_which_it_began(
    services: Services, days: int
) -> None:
    await begin_clock(days * DAY)
    CLOCK.reset()  # as another process

    await follow_clock(Movable())

    assert abs(business_now() - system_now() - days * DAY) < SOON


async def test_it_goes_on_from_where_it_began(services: Services) -> None:
    await begin_clock(-400 * DAY)

    assert await advance_clock(30 * DAY) == -370 * DAY
    assert CLOCK.offset == -370 * DAY


async def test_in_production_nothing_is_followed(services: Services) -> None:
    await db.execute("INSERT INTO business_clock (id, offset_seconds) VALUES (1, -86400)")

    await follow_clock(Movable(False))

    assert CLOCK.offset == timedelta()
