"""The limiter over Valkey: rate, burst and quota of one caller."""

import asyncio
import random
from bisect import bisect_right
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from chenu.accounts.actor import AccountId, SessionId
from chenu.core.clock import CLOCK, business_now
from chenu.core.ids import new_id
from chenu.core.months import month_of
from chenu.flows.services import Services
from chenu.metering.allowances import (
    Allowance,
    allow_account,
    allow_session,
    allow_visitor,
)
from chenu.metering.limiter import Limiter, RefusedBy
from chenu.metering.plans import API_PLANS, ApiPlan, ApiPlanCode, get_api_plan
from tests.metering.moved_time import MovedTime, take_time_over

FREE = get_api_plan(ApiPlanCode.FREE)
LIMITED = [plan for plan in API_PLANS if plan.calls_per_minute]
MINUTE = 60_000_000


@pytest.fixture
def limiter(services: Services) -> Limiter:
    return services.limiter


@pytest.fixture
async def time(services: Services, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MovedTime]:
    moved = await take_time_over(monkeypatch, services.settings.redis_url)
    yield moved
    await moved.valkey.aclose()


def somebody(plan: ApiPlan = FREE) -> Allowance:
    return allow_account(AccountId(new_id()), plan)


def in_a_minute_after(served: list[int]) -> list[int]:
    """How many, from each of them on: `served` are growing times."""
    return [bisect_right(served, at + MINUTE) - first for first, at in enumerate(served)]


async def take_all(limiter: Limiter, allowance: Allowance) -> int:
    """One by one until it is refused."""
    taken = 0
    while (await limiter.take(allowance)).is_served:
        taken += 1
    return taken


@pytest.mark.parametrize("plan", LIMITED, ids=lambda plan: plan.code)
async def test_a_fifth_of_the_rate_may_be_taken_at_once(
    limiter: Limiter, time: MovedTime, plan: ApiPlan
) -> None:
    assert plan.calls_per_minute is not None
    account = somebody(plan)
    burst = plan.calls_per_minute // 5

    assert await take_all(limiter, account) == burst
    refused = await limiter.take(account)
    await time.move(MINUTE // plan.calls_per_minute - 1)
    assert not (await limiter.take(account)).is_served
    await time.move(1)

    assert (refused.refused_by, refused.calls, refused.available) == (RefusedBy.RATE, 0, 0)
    assert refused.restore_rate == plan.calls_per_minute
    assert await take_all(limiter, account) == 1
    await time.move(MINUTE)
    assert await take_all(limiter, account) == burst


async def test_who_waits_as_long_as_it_says_is_served(limiter: Limiter, time: MovedTime) -> None:
    account = somebody()
    await take_all(limiter, account)

    for calls in (1, 2, 5):
        refused = await limiter.take(account, calls)
        await time.move(refused.retry_after * 1_000_000)

        assert (await limiter.take(account, calls)).calls == calls


async def test_more_calls_than_the_burst_are_paid_for_by_time_before_and_after(
    limiter: Limiter, time: MovedTime
) -> None:
    account, new = somebody(), somebody()
    await limiter.take(account)

    assert (await limiter.take(account, 5)).retry_after == 24
    await time.move(24_000_000)
    assert (await limiter.take(account, 5)).is_served
    assert (await limiter.take(account)).retry_after == 24
    assert (await limiter.take(new, 5)).is_served, "it was never seen before"


@pytest.mark.parametrize("plan", LIMITED, ids=lambda plan: plan.code)
async def test_no_minute_sees_more_than_rate_and_burst(
    limiter: Limiter, time: MovedTime, plan: ApiPlan
) -> None:
    assert plan.calls_per_minute is not None
    drawn, account, served = random.Random(12), somebody(plan), []
    most = plan.calls_per_minute + plan.calls_per_minute // 5

    for _ in range(800):
        await time.move(drawn.choice((0, 0, 0, drawn.randrange(MINUTE // 20))))
        calls = drawn.choice((1, 1, 1, 2, 5)) * max(1, plan.calls_per_minute // 100)
        decision = await limiter.take(account, calls)
        served += [time.now] * decision.calls

    assert len(served) > 3 * most
    assert most * 0.9 < max(in_a_minute_after(served)) <= most


async def test_the_quota_ends_at_exactly_its_last_call(limiter: Limiter) -> None:
    plan = ApiPlan(ApiPlanCode.FREE, 1_000, FREE.monthly_price, None)
    account = somebody(plan)
    for _ in range(199):
        await limiter.take(account, 5)

    refusals = [await limiter.take(account, 5) for _ in range(2)]
    last = [await limiter.take(account) for _ in range(6)]

    assert [decision.remaining for decision in refusals] == [0, 0]
    assert [decision.is_served for decision in refusals] == [True, False]
    assert {decision.refused_by for decision in last} == {RefusedBy.QUOTA}
    assert last[0].resets_at == month_of(business_now()).end
    left = last[0].resets_at - datetime.now(UTC)
    assert abs(last[0].retry_after - left.total_seconds()) < 60


async def test_calls_that_do_not_fit_whole_are_not_taken_in_part(limiter: Limiter) -> None:
    account = somebody(ApiPlan(ApiPlanCode.FREE, 7, FREE.monthly_price, None))
    await limiter.take(account, 5)

    refused, fits = await limiter.take(account, 3), await limiter.take(account, 2)

    assert (refused.refused_by, refused.remaining) == (RefusedBy.QUOTA, 2)
    assert (fits.calls, fits.remaining) == (2, 0)


async def test_a_new_month_begins_anew_by_business_time(limiter: Limiter, time: MovedTime) -> None:
    account = somebody(ApiPlan(ApiPlanCode.FREE, 3, FREE.monthly_price, None))
    ends = []
    for months in range(1, 15):
        assert await take_all(limiter, account) == 3
        end = (await limiter.take(account)).resets_at
        ends.append(end)
        CLOCK.move_to_offset(end - datetime.fromtimestamp(time.now // 1_000_000, UTC))
        assert (await limiter.take(account, 0)).remaining == 3, months

    assert [(end.day, end.hour) for end in ends] == [(1, 0)] * 14
    assert [after - before for before, after in pairwise(ends)] == [
        timedelta(days=days) for days in (28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29)
    ]


async def test_what_is_given_back_can_be_taken_again(limiter: Limiter, time: MovedTime) -> None:
    account = somebody()
    before = await limiter.take(account, 2)
    await limiter.give_back(account, 1)

    looked = await limiter.take(account, 0)
    assert (before.available, before.remaining) == (0, 998)
    assert (looked.available, looked.remaining, looked.calls) == (1, 999, 0)
    assert await take_all(limiter, account) == 1


async def test_looking_takes_nothing(limiter: Limiter, time: MovedTime) -> None:
    account = somebody()
    looked = [await limiter.take(account, 0) for _ in range(5)]

    assert {decision.remaining for decision in looked} == {1_000}
    assert await take_all(limiter, account) == 2


async def test_a_plan_counts_from_the_moment_it_is_bought(
    limiter: Limiter, time: MovedTime
) -> None:
    account_id = AccountId(new_id())
    await take_all(limiter, allow_account(account_id, FREE))
    pro = allow_account(account_id, get_api_plan(ApiPlanCode.PRO))
    await time.move(1_000_000)

    assert await take_all(limiter, pro) == 16
    assert (await limiter.take(pro, 0)).remaining == 1_000_000 - 18


async def test_no_limit_is_no_limit(limiter: Limiter) -> None:
    unlimited = somebody(get_api_plan(ApiPlanCode.ENTERPRISE))

    decisions = [await limiter.take(unlimited, 5) for _ in range(20)]

    assert {decision.calls for decision in decisions} == {5}
    last = decisions[-1]
    assert (last.available, last.restore_rate, last.limit, last.remaining) == (None,) * 4
    assert last.used == 100


async def test_sessions_and_visitors_have_a_rate_outside_the_plan(
    limiter: Limiter, time: MovedTime
) -> None:
    session = allow_session(SessionId(new_id()))
    there, neighbour = allow_visitor("2001:db8::1"), allow_visitor("2001:db8::2")

    assert await take_all(limiter, session) == 24
    assert await take_all(limiter, there) == 24
    assert await take_all(limiter, neighbour) == 0, "one household"
    assert await take_all(limiter, allow_visitor("2001:db8:0:1::1")) == 24
    assert not limiter.counts.take(), "outside the plan nothing is counted"


async def test_neither_addresses_nor_sessions_are_read_out_of_valkey(
    limiter: Limiter, services: Services, time: MovedTime
) -> None:
    session_id = SessionId(new_id())
    for allowance in (allow_visitor("192.0.2.17"), allow_session(session_id)):
        await limiter.take(allowance)

    keys = b" ".join([key async for key in time.valkey.scan_iter("calls:*")]).decode()
    assert keys.count("calls:") == 2
    assert "192.0.2" not in keys
    assert session_id.hex not in keys
    assert {await time.valkey.ttl(key) for key in keys.split()} == {150}


async def test_a_clock_that_was_set_back_locks_nobody_out(
    limiter: Limiter, time: MovedTime
) -> None:
    account = somebody()
    await take_all(limiter, account)
    await time.move(-3_600_000_000)

    assert (await limiter.take(account)).retry_after <= 72


async def test_a_call_is_one_round_trip(limiter: Limiter, time: MovedTime) -> None:
    account = somebody(get_api_plan(ApiPlanCode.PRO))
    await limiter.take(account)
    await time.valkey.config_resetstat()

    await asyncio.gather(*(limiter.take(account) for _ in range(20)))

    stats = await time.valkey.info("commandstats")
    in_the_script = {"cmdstat_hmget", "cmdstat_hset", "cmdstat_expire"}
    assert stats.keys() - in_the_script == {"cmdstat_evalsha", "cmdstat_config|resetstat"}
    assert stats["cmdstat_evalsha"]["calls"] == 20
