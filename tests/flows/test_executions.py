"""Runs from authorisation to their end: what they hold, what they cost, and who may report them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from chenu.accounts.actor import Actor, ActorKind, ApiScope
from chenu.accounts.budget_dates import lock_budget_dates, mark_budget_due
from chenu.agents.errors import NotInLibrary
from chenu.agents.executions import ExecutionRow
from chenu.agents.model import ExecutionId, ExecutionStatus, ReportedBy
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import (
    ChenuError,
    Forbidden,
    IdempotencyConflict,
    Invalid,
    InvalidState,
    NotFound,
)
from chenu.core.ids import new_id
from chenu.flows.executions.finish import expire_executions
from chenu.flows.executions.requests import MOST_TOKENS
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from chenu.tokens.budgets import settle_budget
from chenu.tokens.errors import InsufficientTokens
from tests.flows.runs import Bench, give_agent, move_clock, set_up
from tests.people import make_person
from tests.rows import count, fingerprint, put

COMPLETED, FAILED = ExecutionStatus.COMPLETED, ExecutionStatus.FAILED


@pytest.fixture
async def bench(services: Services) -> Bench:
    return await set_up(services)


async def test_an_authorised_run_holds_its_tokens(bench: Bench) -> None:
    run = await bench.authorize(100)

    assert (run.status, run.tokens_held, run.tokens_used) == (ExecutionStatus.AUTHORIZED, 100, None)
    assert run.expires_at - run.started_at == timedelta(hours=1)
    assert (run.sphere, run.agent_level, run.user_id) == ("BUSINESS", "L0", bench.person.user_id)
    assert await bench.balance() == (900, 100)


async def test_a_run_holds_what_there_is_where_it_may_use_more(services: Services) -> None:
    bench = await set_up(services, tokens=30)

    run = await bench.authorize(100)

    assert run.tokens_held == 30
    assert await bench.balance() == (0, 30)


@pytest.mark.parametrize("is_try", [False, True], ids=["of the plan", "a free try"])
async def test_a_run_and_the_budget_that_is_due_do_not_wait_for_each_other(
    bench: Bench, is_try: bool
) -> None:
    await mark_budget_due(bench.account_id)
    is_locked = asyncio.Event()

    @db.transactional
    async def settle_slowly() -> None:
        await lock_budget_dates(bench.account_id)
        is_locked.set()
        await has_waiting_locks()
        await settle_budget(bench.account_id)

    async def run() -> ExecutionRow:
        await is_locked.wait()
        return await bench.authorize(100, agent_id=bench.foreign_id if is_try else bench.agent_id)

    with capture_logs() as logs:
        execution, _ = await asyncio.gather(run(), settle_slowly())

    assert [line["event"] for line in logs if line["event"] == "transaction_in_the_way"] == []
    assert execution.tokens_held == (50 if is_try else 100)


async def has_waiting_locks() -> bool:
    """Soon; False where nobody waits for a lock within two seconds."""
    for _ in range(100):
        if await db.fetch_value("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            return True
        await asyncio.sleep(0.02)
    return False


async def test_nothing_available_is_refused_with_what_would_help(services: Services) -> None:
    bench = await set_up(services, tokens=0)
    before = await fingerprint()

    with pytest.raises(InsufficientTokens) as refused:
        await bench.authorize(500)

    error = refused.value
    assert (error.required, error.available) == (500, 0)
    assert error.cheapest_pack is not None
    assert error.cheapest_tier is not None
    assert (error.cheapest_pack.code, error.cheapest_tier.code) == ("pack_1k", TierCode.PRO)
    assert await fingerprint() == before


async def test_without_limit_a_run_holds_all_it_may_use(services: Services) -> None:
    bench = await set_up(services, tokens=0, tier=TierCode.ENTERPRISE)

    run = await bench.authorize(100)
    done = await bench.complete(run.id, 40)

    assert (run.tokens_held, done.tokens_used, done.capped) == (100, 40, False)
    assert (await bench.balance())[0] is None


@pytest.mark.parametrize(
    ("used", "charged", "capped"),
    [
        (0, 5, False),
        (4, 5, False),
        (5, 5, False),
        (60, 60, False),
        (100, 100, False),
        (101, 100, True),
        (MOST_TOKENS, 100, True),
    ],
    ids=str,
)
async def test_a_run_costs_what_it_used_within_its_bounds(
    bench: Bench, used: int, charged: int, capped: bool
) -> None:
    run = await bench.authorize(100)

    done = await bench.complete(run.id, used)

    assert (done.status, done.tokens_used, done.capped) == (COMPLETED, charged, capped)
    assert await bench.balance() == (1000 - charged, 0)


@pytest.mark.parametrize(("added", "charged", "capped"), [(0, 30, True), (20, 50, True)])
async def test_more_than_was_held_is_taken_only_if_there_is_more(
    services: Services, added: int, charged: int, capped: bool
) -> None:
    bench = await set_up(services, tokens=30)
    run = await bench.authorize(100)
    if added:
        await bench.give(added)

    done = await bench.complete(run.id, 60)

    assert (done.tokens_used, done.capped) == (charged, capped)
    assert await bench.balance() == (0, 0)


@pytest.mark.parametrize(("used", "charged"), [(0, 0), (3, 3), (60, 60), (200, 100)])
async def test_a_run_that_failed_costs_what_it_used_and_no_minimum(
    bench: Bench, used: int, charged: int
) -> None:
    run = await bench.authorize(100)

    done = await bench.complete(run.id, used, succeeded=False)

    assert (done.status, done.succeeded, done.tokens_used) == (FAILED, False, charged)
    assert await bench.balance() == (1000 - charged, 0)


async def test_a_cancelled_run_costs_nothing(bench: Bench) -> None:
    run = await bench.authorize(100)

    done = await bench.cancel(run.id)

    assert (done.status, done.tokens_used) == (ExecutionStatus.CANCELED, None)
    assert await bench.balance() == (1000, 0)


@pytest.mark.parametrize(("minutes", "seconds"), [(None, None), (0, 0), (12.5, 750), (1440, 86400)])
async def test_minutes_are_stored_as_whole_seconds(
    bench: Bench, minutes: float | None, seconds: int | None
) -> None:
    run = await bench.authorize()

    done = await bench.complete(run.id, minutes_saved=minutes)

    assert done.seconds_saved == seconds


async def test_the_same_key_gets_the_same_answer(bench: Bench) -> None:
    runs = [await bench.authorize(100, "a") for _ in range(2)]
    done = [await bench.complete(runs[0].id, 20, "c") for _ in range(2)]
    other = await bench.authorize(100, "b")
    ended = [await bench.cancel(other.id, "d") for _ in range(2)]

    assert runs[0] == runs[1]
    assert done[0] == done[1]
    assert ended[0] == ended[1]
    assert await bench.balance() == (980, 0)
    assert await count("execution") == 2


async def test_the_same_key_with_other_input_is_a_conflict(bench: Bench) -> None:
    run = await bench.authorize(100, "a")
    await bench.complete(run.id, 20, "c")

    with pytest.raises(IdempotencyConflict):
        await bench.authorize(99, "a")
    with pytest.raises(IdempotencyConflict):
        await bench.complete(run.id, 21, "c")
    with pytest.raises(IdempotencyConflict):
        await bench.cancel(run.id, "c")


@pytest.mark.parametrize("end", ["complete", "fail", "cancel", "expire"])
async def test_another_key_on_a_run_that_has_ended_is_refused(bench: Bench, end: str) -> None:
    run = await bench.authorize(100)
    if end == "expire":
        move_clock(timedelta(hours=1))
        await expire_executions(bench.services)
    elif end == "cancel":
        await bench.cancel(run.id)
    else:
        await bench.complete(run.id, succeeded=end == "complete")
    before = await fingerprint()

    with pytest.raises(InvalidState, match="authorise another"):
        await bench.complete(run.id)
    with pytest.raises(InvalidState, match="authorise another"):
        await bench.cancel(run.id)

    assert await fingerprint() == before


async def test_holds_expire_after_an_hour(bench: Bench) -> None:
    run = await bench.authorize(100)
    move_clock(timedelta(minutes=59))
    await expire_executions(bench.services)
    before = await bench.balance()

    move_clock(timedelta(minutes=1))
    await expire_executions(bench.services)

    assert (before, await bench.balance()) == ((900, 100), (1000, 0))
    assert await count("execution", "id = $1 AND status = 'EXPIRED'", run.id) == 1


@pytest.mark.parametrize("end", ["complete", "cancel"])
async def test_a_report_after_the_hour_is_refused_and_the_tokens_come_back_at_once(
    bench: Bench, end: str
) -> None:
    run = await bench.authorize(100)
    move_clock(timedelta(hours=1))

    with pytest.raises(InvalidState, match="within an hour"):
        await (bench.complete(run.id) if end == "complete" else bench.cancel(run.id))

    assert await bench.balance() == (1000, 0)


async def test_one_expiry_that_fails_waits_and_its_neighbour_expires(bench: Bench) -> None:
    poison, neighbour = await bench.authorize(100), await bench.authorize(50)
    await put("token_hold", "id", new_id(), "id = $2", poison.id)
    move_clock(timedelta(hours=1))

    await expire_executions(bench.services)
    await expire_executions(bench.services)

    assert await count("execution", "id = $1 AND status = 'EXPIRED'", neighbour.id) == 1
    assert await count("execution", "expiry_attempts = 1 AND expiry_error LIKE 'NOT_FOUND%'") == 1


BAD_AUTHORIZE: dict[str, tuple[dict[str, Any], str]] = {
    "no tokens": ({"max_tokens": 0}, "max_tokens"),
    "negative tokens": ({"max_tokens": -1}, "max_tokens"),
    "too many tokens": ({"max_tokens": MOST_TOKENS + 1}, "max_tokens"),
    "less than it takes": ({"max_tokens": 4}, "max_tokens"),
    "unknown sphere": ({"sphere": "MARS"}, "sphere"),
    "empty sphere": ({"sphere": ""}, "sphere"),
    "unknown agent": ({"agent_id": new_id()}, "agent_id"),
    "long key": ({"key": "x" * 256}, "idempotency_key"),
    "blank key": ({"key": "  "}, "idempotency_key"),
}


@pytest.mark.parametrize(("changes", "field"), BAD_AUTHORIZE.values(), ids=BAD_AUTHORIZE)
async def test_bad_requests_to_run_name_the_field_and_change_nothing(
    bench: Bench, changes: dict[str, Any], field: str
) -> None:
    before = await fingerprint()
    key = changes.get("key", "a")
    values = {"max_tokens": 100} | {name: value for name, value in changes.items() if name != "key"}

    with pytest.raises((Invalid, NotFound)) as refused:
        await bench.authorize(key=key, **values)

    assert refused.value.path == (field,)
    assert await fingerprint() == before


BAD_COMPLETE: dict[str, tuple[dict[str, Any], str]] = {
    "negative tokens": ({"tokens_used": -1}, "tokens_used"),
    "too many tokens": ({"tokens_used": MOST_TOKENS + 1}, "tokens_used"),
    "negative minutes": ({"minutes_saved": -0.1}, "minutes_saved"),
    "more than a day": ({"minutes_saved": 1440.5}, "minutes_saved"),
    "not a number": ({"minutes_saved": float("nan")}, "minutes_saved"),
    "unknown run": ({"execution_id": new_id()}, "execution_id"),
}


@pytest.mark.parametrize(("changes", "field"), BAD_COMPLETE.values(), ids=BAD_COMPLETE)
async def test_bad_reports_name_the_field_and_change_nothing(
    bench: Bench, changes: dict[str, Any], field: str
) -> None:
    run = await bench.authorize(100)
    before = await fingerprint()
    used = changes.get("tokens_used", 20)
    minutes = changes.get("minutes_saved")
    run_id = ExecutionId(changes.get("execution_id", run.id))

    with pytest.raises((Invalid, NotFound)) as refused:
        await bench.complete(run_id, used, minutes_saved=minutes)

    assert refused.value.path == (field,)
    assert await fingerprint() == before


async def test_nobody_ends_anothers_run(bench: Bench) -> None:
    run = await bench.authorize(100)
    other = await make_person("yann")

    with pytest.raises(NotFound):
        await bench.complete(run.id, by=other.actor)
    with pytest.raises(NotFound):
        await bench.cancel(run.id, by=other.actor)


async def test_what_the_apps_began_only_they_report(bench: Bench) -> None:
    run = await bench.authorize(100, by=bench.app)

    with pytest.raises(InvalidState, match="report it themselves"):
        await bench.complete(run.id, 0)
    with pytest.raises(InvalidState, match="report it themselves"):
        await bench.cancel(run.id)
    done = await bench.complete(run.id, by=bench.app)

    assert (done.authorized_by, done.reported_by) == (
        ReportedBy.SERVICE_KEY,
        ReportedBy.SERVICE_KEY,
    )


async def test_a_key_needs_the_scope_and_a_member_a_seat(bench: Bench) -> None:
    key = replace(bench.actor, kind=ActorKind.API_KEY, scopes=frozenset({ApiScope.READ}))
    standing = replace(bench.actor, has_seat=False)

    for actor in (key, standing):
        with pytest.raises(Forbidden):
            await bench.authorize(by=actor)
    with pytest.raises(ChenuError):
        await bench.authorize(by=Actor())


async def test_the_first_use_of_a_bought_agent_is_its_first_run(bench: Bench) -> None:
    await give_agent(bench)

    await bench.authorize(agent_id=bench.foreign_id, by=bench.app)

    assert await count("access_grant", "first_used_at IS NOT NULL") == 1
    assert await count("execution", "NOT is_free_try") == 1


async def test_an_agent_taken_back_runs_no_more_than_as_a_free_try(bench: Bench) -> None:
    await give_agent(bench)
    await put("access_grant", "revoked_at", business_now())

    run = await bench.authorize(agent_id=bench.foreign_id)

    assert run.is_free_try


async def test_a_key_with_the_scope_runs_a_private_agent_without_reading_it(
    services: Services,
) -> None:
    bench = await set_up(services, tier=TierCode.BUSINESS)
    await put("agent", "kind", "CUSTOM", "id = $2", bench.foreign_id)
    await put("agent", "account", bench.account_id, "id = $2", bench.foreign_id)
    scopes = frozenset({ApiScope.EXECUTIONS})
    key = replace(bench.actor, kind=ActorKind.API_KEY, scopes=scopes)

    run = await bench.authorize(agent_id=bench.foreign_id, by=key)

    assert run.authorized_by is ReportedBy.API_KEY


async def test_a_private_agent_of_others_is_not_there(bench: Bench) -> None:
    await put("agent", "kind", "CUSTOM", "id = $2", bench.foreign_id)

    with pytest.raises(NotFound):
        await bench.authorize(agent_id=bench.foreign_id)


async def test_three_free_tries_of_fifty_and_no_more(bench: Bench) -> None:
    for _ in range(3):
        run = await bench.authorize(500, agent_id=bench.foreign_id)
        await bench.complete(run.id, 500)

    with pytest.raises(NotInLibrary, match="buy it"):
        await bench.authorize(agent_id=bench.foreign_id)

    assert await count("execution", "is_free_try AND tokens_used = 50 AND capped") == 3
    assert await count("token_grant", "kind = 'PROMOTION' AND granted = 150") == 1
    assert await bench.balance() == (1000, 0)


async def test_a_cancelled_try_may_be_repeated_and_an_expired_one_not(bench: Bench) -> None:
    cancelled = await bench.authorize(50, agent_id=bench.foreign_id)
    await bench.cancel(cancelled.id)
    await bench.authorize(50, agent_id=bench.foreign_id)
    move_clock(timedelta(hours=1))
    await expire_executions(bench.services)

    for _ in range(2):
        await bench.authorize(50, agent_id=bench.foreign_id)

    with pytest.raises(NotInLibrary):
        await bench.authorize(50, agent_id=bench.foreign_id)


async def test_tries_need_no_tokens_in_the_wallet(services: Services) -> None:
    bench = await set_up(services, tokens=0)

    run = await bench.authorize(50, agent_id=bench.foreign_id)

    assert (run.is_free_try, run.tokens_held) == (True, 50)
    assert (await bench.balance())[0] == 0


async def test_a_try_is_of_fifty_tokens_whatever_the_agent_takes_at_least(bench: Bench) -> None:
    sql = """UPDATE agent_version SET manifest = manifest || '{"minTokens": 95}' WHERE agent = $1"""
    await db.execute(sql, bench.foreign_id)

    run = await bench.authorize(50, agent_id=bench.foreign_id)
    with pytest.raises(Invalid) as refusal:
        await bench.authorize(49, agent_id=bench.foreign_id)

    done = await bench.complete(run.id, 95)
    assert (run.tokens_held, done.tokens_used, done.capped) == (50, 50, True)
    assert (refusal.value.path, refusal.value.params) == (("max_tokens",), {"count": 50})
    assert await bench.balance() == (1000, 0)
