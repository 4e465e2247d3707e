"""Calls counted by day: how they become rows, and how Valkey is told what the rows know."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest

from chenu.accounts.actor import AccountId
from chenu.core import db, redis
from chenu.core.clock import CLOCK, business_now
from chenu.core.errors import Invalid, Unavailable
from chenu.core.ids import new_id
from chenu.core.months import month_of
from chenu.demo.processes import free_port
from chenu.flows.services import Services
from chenu.metering.allowances import Allowance, allow_account
from chenu.metering.limiter import Limiter, RefusedBy, make_limiter
from chenu.metering.plans import ApiPlan, ApiPlanCode, get_api_plan
from chenu.metering.storing import storing
from chenu.metering.usage import UsageCounts, UsageDay, store_usage
from chenu.metering.usage_report import get_month_of_calls
from tests.people import make_person
from tests.waiting import until

FREE = get_api_plan(ApiPlanCode.FREE)
SMALL = ApiPlan(ApiPlanCode.FREE, 10, FREE.monthly_price, None)


@pytest.fixture
async def account_id(services: Services) -> AccountId:
    account_id = (await make_person("zoe")).actor.account_id
    assert account_id is not None
    return account_id


@pytest.fixture
def account(account_id: AccountId) -> Allowance:
    return allow_account(account_id, SMALL)


@pytest.fixture
async def alone(services: Services) -> AsyncIterator[Limiter]:
    """Without Valkey, one of two processes."""
    nobody = redis.connect(f"redis://127.0.0.1:{free_port()}/0")
    yield make_limiter(nobody, 2)
    await nobody.aclose()


async def rows() -> list[tuple[date, int, int]]:
    found = await db.fetch_records("SELECT day, served, refused FROM api_usage ORDER BY day")
    return [(row["day"], row["served"], row["refused"]) for row in found]


async def forget(services: Services) -> None:
    """As Valkey does when it is started anew."""
    await services.pubsub._redis.flushdb()


async def test_calls_of_a_day_add_up_in_one_row(services: Services, account: Allowance) -> None:
    limiter, today = services.limiter, business_now().date()
    await limiter.take(account, 5)
    await store_usage(limiter.counts)
    await limiter.take(account, 4)
    await limiter.take(account, 3)
    await limiter.give_back(account, 2)

    assert await store_usage(limiter.counts) == 1
    assert await rows() == [(today, 7, 3)]
    assert await store_usage(limiter.counts) == 0


async def test_a_day_ends_by_business_time(services: Services, account: Allowance) -> None:
    today = business_now().date()
    await services.limiter.take(account)
    CLOCK.move_to_offset(timedelta(days=40))
    await services.limiter.take(account, 2)
    await store_usage(services.limiter.counts)

    assert await rows() == [(today, 1, 0), (today + timedelta(days=40), 2, 0)]


async def test_an_account_that_is_gone_keeps_nobody_waiting(
    services: Services, account: Allowance
) -> None:
    today = business_now().date()
    counts = UsageCounts()
    for subject in (AccountId(new_id()), AccountId(new_id())):
        counts.add(UsageDay(subject, today), served=3)
    counts.add(UsageDay(account.account_id, today), served=2)

    assert await store_usage(counts) == 1
    assert await rows() == [(today, 2, 0)]
    assert counts.take() == {}


async def test_what_cannot_be_stored_now_stays_counted(
    services: Services, account: Allowance
) -> None:
    today = business_now().date()
    counts = UsageCounts()
    counts.add(UsageDay(account.account_id, today), served=2)
    with db.assumed_lost(), pytest.raises(Unavailable):
        await store_usage(counts)
    counts.add(UsageDay(account.account_id, today), refused=1)

    assert await store_usage(counts) == 1
    assert await rows() == [(today, 2, 1)]


async def test_a_process_stores_every_few_seconds_and_at_its_end(
    services: Services, account: Allowance
) -> None:
    limiter = services.limiter
    async with storing(limiter, 0.01):
        await limiter.take(account)
        await until(rows)
        await limiter.take(account)
    async with storing(limiter, 3_600):
        await limiter.take(account)

    assert await rows() == [(business_now().date(), 3, 0)]


async def test_what_was_served_alone_is_reported_though_nobody_calls_again(
    services: Services, account: Allowance, alone: Limiter
) -> None:
    await services.limiter.take(account, 3)
    await store_usage(services.limiter.counts)
    await alone.take(account, 4)
    async with storing(alone, 0.01):
        alone._script = services.limiter._script

        async def is_known() -> bool:
            return (await services.limiter.take(account, 0)).used == 7

        await until(is_known)

    assert alone._taken_alone == {}


async def test_a_valkey_that_lost_everything_learns_what_was_used(
    services: Services, account: Allowance
) -> None:
    limiter = services.limiter
    await limiter.take(account, 6)
    await store_usage(limiter.counts)
    await limiter.take(account, 1)
    await forget(services)

    refused = await limiter.take(account, 4)
    served = await limiter.take(account, 3)

    assert (refused.refused_by, refused.remaining) == (RefusedBy.QUOTA, 3)
    assert (served.calls, served.remaining) == (3, 0)


async def test_all_processes_may_tell_valkey_at_once(
    services: Services, account: Allowance
) -> None:
    await services.limiter.take(account, 6)
    await store_usage(services.limiter.counts)
    await forget(services)
    others = [make_limiter(services.pubsub._redis, 4) for _ in range(4)]

    decisions = await asyncio.gather(*(other.take(account) for other in others for _ in range(3)))

    assert sum(decision.calls for decision in decisions) == 4


async def test_without_valkey_a_process_lets_its_share_through(alone: Limiter) -> None:
    basic = allow_account(AccountId(new_id()), get_api_plan(ApiPlanCode.BASIC))

    decisions = [await alone.take(basic) for _ in range(12)]

    assert [decision.is_served for decision in decisions] == [True] * 10 + [False] * 2
    assert decisions[-1].refused_by is RefusedBy.RATE
    assert decisions[-1].retry_after == 2


async def test_without_valkey_the_quota_holds_by_what_is_stored(
    services: Services, alone: Limiter, account: Allowance
) -> None:
    await services.limiter.take(account, 6)
    await store_usage(services.limiter.counts)

    decisions = [await alone.take(account) for _ in range(6)]

    assert sum(decision.calls for decision in decisions) == 4
    assert decisions[-1].refused_by is RefusedBy.QUOTA
    await store_usage(alone.counts)
    assert await rows() == [(business_now().date(), 10, 2)]


async def test_without_valkey_and_database_the_rate_holds(
    services: Services, alone: Limiter
) -> None:
    basic = allow_account(AccountId(new_id()), get_api_plan(ApiPlanCode.BASIC))
    with db.assumed_lost():
        decisions = [await alone.take(basic) for _ in range(12)]

    assert sum(decision.calls for decision in decisions) == 10


async def test_what_was_served_without_valkey_counts_when_it_is_back(
    services: Services, account: Allowance
) -> None:
    limiter = services.limiter
    await limiter.take(account, 3)
    away = limiter._script
    limiter._script = make_limiter(redis.connect(f"redis://127.0.0.1:{free_port()}/0"), 1)._script
    await limiter.take(account, 5)
    limiter._script = away

    back = await limiter.take(account, 0)

    assert (back.used, back.remaining) == (8, 2)
    assert (await limiter.take(account, 3)).refused_by is RefusedBy.QUOTA


async def test_a_key_that_is_not_ours_breaks_only_its_own_account(
    services: Services, account: Allowance
) -> None:
    limiter = services.limiter
    other = allow_account(AccountId(new_id()), SMALL)
    valkey = services.pubsub._redis
    await valkey.set(f"calls:{{ACCOUNT:{account.subject}}}", "not a hash")

    mine, others = await asyncio.gather(limiter.take(account), limiter.take(other))

    assert (mine.calls, others.calls, others.used) == (1, 1, 1)


async def test_a_report_has_each_day_up_to_today(
    services: Services, account_id: AccountId, account: Allowance
) -> None:
    limiter, month = services.limiter, month_of(business_now())
    await limiter.take(account, 4)
    await limiter.take(account, 9)
    await store_usage(limiter.counts)
    await limiter.take(account, 1)

    report = await get_month_of_calls(limiter, account_id, SMALL, month)
    before = await get_month_of_calls(limiter, account_id, SMALL, month.previous())

    assert (report.calls, report.limit, report.remaining) == (5, 10, 5)
    assert report.resets_at == month.end
    assert (report.series[-1].calls, report.series[-1].refused) == (4, 9)
    assert [day.day.day for day in report.series] == [*range(1, business_now().day + 1)]
    assert len(before.series) == month.previous().last_day.day
    assert (before.calls, before.limit, before.resets_at) == (0, None, None)
    with pytest.raises(Invalid):
        await get_month_of_calls(limiter, account_id, SMALL, month.next())
