"""Caches: a value is computed once for all callers, and refreshed before anybody waits."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chenu.core.caches import SingleFlight


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Maker:
    """Makes 1, then 2, and so on; fails when the test sets it to."""

    def __init__(self) -> None:
        self.made = 0
        self.is_broken = False

    async def __call__(self) -> int:
        await asyncio.sleep(0)
        self.made += 1
        if self.is_broken:
            raise RuntimeError("broken on purpose")
        return self.made


async def _let_others_finish() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def flight(clock: Clock) -> AsyncIterator[SingleFlight[str, int]]:
    yield SingleFlight(1.0, now=clock)
    await _let_others_finish()


async def test_what_many_ask_for_at_once_is_made_once(flight: SingleFlight[str, int]) -> None:
    make = Maker()

    found = await asyncio.gather(*(flight.get("a", make) for _ in range(5)))

    assert found == [1] * 5
    assert make.made == 1


async def test_nothing_is_found_before_it_is_made_or_once_it_is_old(
    flight: SingleFlight[str, int], clock: Clock
) -> None:
    make = Maker()

    assert flight.find("a", make) is None
    await flight.get("a", make)
    assert flight.find("a", make) == 1
    clock.seconds += 1.0
    assert flight.find("a", make) is None
    assert await flight.get("a", make) == 2


async def test_what_ages_is_made_anew_once_while_the_old_is_answered(
    flight: SingleFlight[str, int], clock: Clock
) -> None:
    make = Maker()
    await flight.get("a", make)

    clock.seconds += 0.8
    assert [flight.find("a", make), flight.find("a", make)] == [1, 1]
    await _let_others_finish()

    assert make.made == 2
    assert flight.find("a", make) == 2


async def test_the_age_counts_from_before_it_was_made_anew(
    flight: SingleFlight[str, int], clock: Clock
) -> None:
    make = Maker()
    await flight.get("a", make)
    clock.seconds += 0.8
    flight.find("a", make)
    clock.seconds += 0.1
    await _let_others_finish()

    clock.seconds += 0.9

    assert flight.find("a", make) is None


async def test_a_failure_is_forgotten(flight: SingleFlight[str, int], clock: Clock) -> None:
    make = Maker()
    await flight.get("a", make)
    make.is_broken = True
    clock.seconds += 0.8
    assert flight.find("a", make) == 1
    await _let_others_finish()
    assert flight.find("a", make) == 1, "a failure beside the answer changes nothing"

    clock.seconds += 0.2
    with pytest.raises(RuntimeError):
        await flight.get("a", make)
    await _let_others_finish()
    make.is_broken = False

    assert await flight.get("a", make) == make.made
