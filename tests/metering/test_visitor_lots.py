"""Lots of calls, with the real limiter: what is left is used, given up, or never exceeded."""

import asyncio

from chenu.flows.services import Services
from chenu.metering.allowances import Allowance, CallerKind
from chenu.metering.limiter import Limiter
from chenu.metering.visitor_lots import LOT, VisitorLots
from tests.metered import count_scripts, meter_calls


class Watch:
    """A clock of this process that only moves when the test moves it; Valkey has its own."""

    def __init__(self) -> None:
        self.moment = 100.0

    def __call__(self) -> float:
        return self.moment


def visitor(name: str, rate: int = 10, burst: int = 40) -> Allowance:
    """Few calls come back while a test runs: one in six seconds."""
    return Allowance(CallerKind.VISITOR, name, rate, burst, None, None)


async def open_lots(services: Services) -> tuple[Limiter, VisitorLots, Watch]:
    limiter, watch = (await meter_calls(services)).limiter, Watch()
    return limiter, VisitorLots(limiter, watch), watch


async def available(limiter: Limiter, allowance: Allowance) -> int:
    return (await limiter.take(allowance, 0)).available or 0


async def test_a_lot_is_one_round_trip_for_all_who_wait(services: Services) -> None:
    limiter, lots, _ = await open_lots(services)
    caller = visitor("one")
    before = await count_scripts(services)

    decisions = await asyncio.gather(*(lots.take_in_lots(caller, 1) for _ in range(2 * LOT)))

    assert all(decision.is_served for decision in decisions)
    assert sorted(decision.available or 0 for decision in decisions) == list(range(20, 40))
    assert await count_scripts(services) == before + 2
    assert await available(limiter, caller) == 20


async def test_no_more_are_served_than_there_are(services: Services) -> None:
    _, lots, _ = await open_lots(services)
    caller = visitor("two", burst=24)

    decisions = [await lots.take_in_lots(caller, 1) for _ in range(30)]

    assert [decision.is_served for decision in decisions] == [True] * 24 + [False] * 6
    assert decisions[-1].retry_after >= 1


async def test_two_processes_together_serve_no_more_either(services: Services) -> None:
    limiter, lots, _ = await open_lots(services)
    other, caller = VisitorLots(limiter), visitor("three", burst=24)

    decisions = [await each.take_in_lots(caller, 1) for _ in range(20) for each in (lots, other)]

    assert sum(decision.is_served for decision in decisions) == 24


async def test_what_is_left_of_a_lot_serves_fresh_answers_too(services: Services) -> None:
    limiter, lots, _ = await open_lots(services)
    caller = visitor("four")
    await lots.take_in_lots(caller, 1)
    before = await count_scripts(services)

    decision = await lots.take(caller, 2)

    assert decision.is_served
    assert decision.available == 37
    assert await count_scripts(services) == before
    assert await available(limiter, caller) == 30


async def test_a_rest_is_given_up_once_the_rate_has_restored_it(services: Services) -> None:
    limiter, lots, watch = await open_lots(services)
    caller = visitor("five")
    await lots.take_in_lots(caller, 1)

    watch.moment += LOT * 6
    await lots.take_in_lots(caller, 1)

    assert await available(limiter, caller) == 20


async def test_a_refusal_is_repeated_without_a_round_trip_until_its_time(
    services: Services,
) -> None:
    _, lots, watch = await open_lots(services)
    caller = visitor("six", burst=2)
    await lots.take(caller, 2)
    refused = await lots.take(caller, 1)
    before = await count_scripts(services)

    watch.moment += 1
    again = await lots.take(caller, 1)
    watch.moment += refused.retry_after
    asked = await lots.take(caller, 1)

    assert (refused.is_served, again.is_served, asked.is_served) == (False, False, False)
    assert again.retry_after == refused.retry_after - 1
    assert await count_scripts(services) == before + 1


async def test_a_refused_dear_request_does_not_refuse_a_small_one(services: Services) -> None:
    _, lots, _ = await open_lots(services)
    caller = visitor("seven", burst=2)
    await lots.take(caller, 1)

    dear, small = await lots.take(caller, 3), await lots.take(caller, 1)

    assert (dear.is_served, small.is_served) == (False, True)
