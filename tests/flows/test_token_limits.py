"""Limits per agent and per API key: exact, from the first of the month on, with one mail."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountRole, Actor, ActorKind, ApiScope
from chenu.accounts.api_keys import ApiKeyId, create_api_key, revoke_api_key
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, Invalid, NotFound
from chenu.core.ids import new_id
from chenu.flows.executions.finish import expire_executions
from chenu.flows.executions.token_limits import (
    HIGHEST,
    LimitInput,
    describe_limits,
    remove_token_limit,
    set_token_limit,
    warn_of_token_limits,
)
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from chenu.tokens.limits import TokenLimitReached, end_of, month_of
from tests.flows.runs import Bench, move_clock, set_up
from tests.people import make_member, make_person
from tests.rows import count, fingerprint, mails_to, put


@pytest.fixture
async def bench(services: Services) -> Bench:
    """Somebody on PRO with 10,000 tokens."""
    return await set_up(services, tokens=10_000, tier=TierCode.PRO)


async def make_key(bench: Bench) -> tuple[ApiKeyId, Actor]:
    pepper = bench.services.settings.secret
    made = await create_api_key(bench.actor, "Import", [ApiScope.EXECUTIONS], None, pepper)
    actor = replace(
        bench.actor,
        kind=ActorKind.API_KEY,
        key_id=made.key.id,
        scopes=frozenset({ApiScope.EXECUTIONS}),
    )
    return made.key.id, actor


async def limit_agent(bench: Bench, *, soft: int | None = None, hard: int | None = None) -> None:
    await set_token_limit(bench.actor, LimitInput(agent_id=bench.agent_id, soft=soft, hard=hard))


async def used(bench: Bench) -> int:
    [limit] = await describe_limits(bench.actor)
    return limit.used


async def test_a_run_counts_with_what_it_may_use_and_then_with_what_it_used(bench: Bench) -> None:
    await limit_agent(bench, hard=1000)

    run = await bench.authorize(300)
    while_running = await used(bench)
    await bench.complete(run.id, 40)

    assert (while_running, await used(bench)) == (300, 40)


@pytest.mark.parametrize("end", ["cancel", "expire"])
async def test_a_run_that_used_nothing_counts_no_more(bench: Bench, end: str) -> None:
    await limit_agent(bench, hard=1000)
    run = await bench.authorize(300)

    if end == "cancel":
        await bench.cancel(run.id)
    else:
        move_clock(timedelta(hours=1))
        await expire_executions(bench.services)

    assert await used(bench) == 0


async def test_a_run_may_use_what_the_limit_leaves(bench: Bench) -> None:
    await limit_agent(bench, hard=100)

    first, second = await bench.authorize(70), await bench.authorize(70)
    done = await bench.complete(second.id, 60)

    assert (first.tokens_held, second.tokens_held, second.max_tokens) == (70, 30, 30)
    assert (done.tokens_used, done.capped) == (30, True)


async def test_nothing_left_is_refused_with_limit_use_and_reset(bench: Bench) -> None:
    await limit_agent(bench, hard=100)
    run = await bench.authorize(100)
    await bench.complete(run.id, 100)
    before = await fingerprint()

    with pytest.raises(TokenLimitReached, match="token-limits") as refused:
        await bench.authorize(10)

    error = refused.value
    assert error.code == "LIMIT_REACHED"
    assert (error.limit, error.used) == (100, 100)
    assert error.resets_at == end_of(month_of(business_now()))
    assert await fingerprint() == before


async def test_a_limit_of_a_key_concerns_its_runs_alone(bench: Bench) -> None:
    key_id, key = await make_key(bench)
    await set_token_limit(bench.actor, LimitInput(api_key_id=key_id, hard=50))

    await bench.authorize(50, by=key)

    with pytest.raises(TokenLimitReached, match="API key"):
        await bench.authorize(10, by=key)
    assert (await bench.authorize(100)).tokens_held == 100


async def test_the_tighter_of_two_limits_counts(bench: Bench) -> None:
    key_id, key = await make_key(bench)
    await set_token_limit(bench.actor, LimitInput(api_key_id=key_id, hard=50))
    await limit_agent(bench, hard=30)

    run = await bench.authorize(100, by=key)

    assert run.tokens_held == 30
    assert [limit.used for limit in await describe_limits(bench.actor)] == [30, 30]


async def test_what_was_used_before_the_limit_counts_from_the_first_of_the_month(
    bench: Bench,
) -> None:
    old = await bench.authorize(500)
    await bench.complete(old.id, 500)
    done, running = await bench.authorize(100), await bench.authorize(200)
    await bench.complete(done.id, 40)
    await put("execution", "started_at", business_now() - timedelta(days=40), "id = $2", old.id)

    await limit_agent(bench, hard=1000)
    at_first = await used(bench)
    await bench.complete(running.id, 20)

    assert (at_first, await used(bench)) == (240, 60)


async def test_a_new_month_begins_at_nothing(bench: Bench) -> None:
    await limit_agent(bench, hard=100)
    run = await bench.authorize(100)
    await bench.complete(run.id, 100)

    move_clock(end_of(month_of(business_now())) - business_now() + timedelta(hours=2))

    assert await used(bench) == 0
    assert (await bench.authorize(60)).tokens_held == 60
    assert await used(bench) == 60


async def test_a_run_over_the_end_of_a_month_leaves_the_new_one_alone(bench: Bench) -> None:
    await limit_agent(bench, hard=1000)
    move_clock(end_of(month_of(business_now())) - business_now() - timedelta(minutes=30))
    over = await bench.authorize(300)
    move_clock(timedelta(minutes=40))
    await bench.authorize(100)

    await bench.complete(over.id, 10)

    assert await used(bench) == 100


async def test_parallel_runs_never_pass_a_limit(bench: Bench) -> None:
    await limit_agent(bench, hard=100)

    async def run() -> int:
        try:
            return (await bench.authorize(30)).tokens_held
        except TokenLimitReached:
            return 0

    held = await asyncio.gather(*(run() for _ in range(12)))

    assert sorted(held, reverse=True)[:4] == [30, 30, 30, 10]
    assert sum(held) == await used(bench) == 100


async def test_a_limit_set_while_runs_begin_counts_all_of_them(bench: Bench) -> None:
    async def run() -> None:
        begun = await bench.authorize(30)
        await bench.complete(begun.id, 20)

    await asyncio.gather(*(run() for _ in range(6)), limit_agent(bench, hard=5000), run(), run())

    assert await used(bench) == 8 * 20


async def test_the_soft_limit_is_one_mail_a_month(bench: Bench) -> None:
    await limit_agent(bench, soft=100, hard=1000)
    for _ in range(3):
        run = await bench.authorize(60)
        await bench.complete(run.id, 60)
        await warn_of_token_limits()

    assert (await mails_to(bench.person.email)).count("TOKEN_LIMIT") == 1


async def test_what_was_reserved_alone_is_no_news(bench: Bench) -> None:
    await limit_agent(bench, soft=100)
    run = await bench.authorize(500)
    await bench.complete(run.id, 20)

    await warn_of_token_limits()

    assert "TOKEN_LIMIT" not in await mails_to(bench.person.email)


async def test_a_warning_that_fails_does_not_stop_others(bench: Bench) -> None:
    key_id, key = await make_key(bench)
    await limit_agent(bench, soft=10)
    await set_token_limit(bench.actor, LimitInput(api_key_id=key_id, soft=10))
    run = await bench.authorize(60, by=key)
    await bench.complete(run.id, 60, by=key)
    other = await make_person("yann")
    await put("token_limit", "account", other.actor.account_id, "api_key IS NOT NULL")

    await warn_of_token_limits()

    assert await mails_to(other.email) == []
    assert (await mails_to(bench.person.email)).count("TOKEN_LIMIT") == 1
    assert await count("token_limit", "is_warning_due AND api_key IS NOT NULL") == 1


async def test_setting_it_again_replaces_it_and_removing_ends_it(bench: Bench) -> None:
    await limit_agent(bench, hard=100)
    await limit_agent(bench, soft=50)
    [limit] = await describe_limits(bench.actor)

    await remove_token_limit(bench.actor, limit.row.id)

    assert (limit.row.soft_limit, limit.row.hard_limit, limit.name) == (50, None, "Planner")
    assert await describe_limits(bench.actor) == []
    assert await count("audit_event", "action LIKE 'token_limit.%'") == 3


BAD = {
    "no subject": ({"hard": 1}, "agent_id"),
    "two subjects": ({"agent_id": new_id(), "api_key_id": new_id(), "hard": 1}, "agent_id"),
    "no limit": ({"agent_id": "own"}, "hard_limit"),
    "soft of nothing": ({"agent_id": "own", "soft": 0}, "soft_limit"),
    "negative": ({"agent_id": "own", "hard": -1}, "hard_limit"),
    "too much": ({"agent_id": "own", "hard": HIGHEST + 1}, "hard_limit"),
    "soft beyond hard": ({"agent_id": "own", "soft": 11, "hard": 10}, "soft_limit"),
    "unknown agent": ({"agent_id": new_id(), "hard": 1}, "agent_id"),
    "unknown key": ({"api_key_id": new_id(), "hard": 1}, "api_key_id"),
}


@pytest.mark.parametrize(("changes", "field"), BAD.values(), ids=BAD)
async def test_bad_limits_name_the_field_and_change_nothing(
    bench: Bench, changes: dict[str, object], field: str
) -> None:
    before = await fingerprint()
    values = {**changes}
    if values.get("agent_id") == "own":
        values["agent_id"] = bench.agent_id

    with pytest.raises((Invalid, NotFound)) as refused:
        await set_token_limit(bench.actor, LimitInput(**values))  # type: ignore[arg-type]

    assert refused.value.path == (field,)
    assert await fingerprint() == before


async def test_members_and_strangers_set_no_limits(bench: Bench) -> None:
    member = await make_member(bench.person, "membre", AccountRole.MEMBER)
    await limit_agent(bench, hard=100)
    [limit] = await describe_limits(bench.actor)
    stranger = await make_person("yann")

    with pytest.raises(ChenuError):
        await set_token_limit(member.actor, LimitInput(agent_id=bench.agent_id, hard=1))
    with pytest.raises(ChenuError):
        await remove_token_limit(member.actor, limit.row.id)
    with pytest.raises(NotFound):
        await remove_token_limit(stranger.actor, limit.row.id)

    assert await describe_limits(stranger.actor) == []


async def test_the_limit_of_a_revoked_key_can_be_removed(bench: Bench) -> None:
    key_id, _ = await make_key(bench)
    await set_token_limit(bench.actor, LimitInput(api_key_id=key_id, hard=50))
    await revoke_api_key(bench.actor, key_id)
    [limit] = await describe_limits(bench.actor)

    await remove_token_limit(bench.actor, limit.row.id)

    assert limit.name == "Import"
