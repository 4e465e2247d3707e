"""Spends: concurrent ones are committed together, and each caller gets the answer of their own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import pytest

from chenu.accounts.actor import AccountId, ApiScope
from chenu.accounts.idempotency import client_key, find_result, remember_result
from chenu.core import db
from chenu.core.errors import IdempotencyConflict, Unavailable
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.ledger.amounts import Tokens
from chenu.ledger.invariants import check_ledger
from chenu.tiers.catalogue import TierCode
from chenu.tiers.entitlements import Entitlements
from chenu.tokens.errors import InsufficientTokens
from chenu.tokens.spending import Spend, SpendResult, spend_tokens
from chenu.tokens.wallet import get_wallet
from tests.conftest import Engines
from tests.people import make_person
from tests.rows import count, unguarded
from tests.tokens.granting import give
from tests.waiting import until


async def make_account(name: str = "ada", tokens: int = 0) -> AccountId:
    account_id = (await make_person(name)).actor.require_account(ApiScope.READ)
    if tokens:
        await give(account_id, tokens)
    return account_id


def use(
    account_id: AccountId,
    amount: int,
    key: str | None = None,
    *,
    reason: str = "A test",
    tier: TierCode = TierCode.FREE,
) -> Spend:
    """`key` None: one of its own."""
    sent = {"amount": amount, "reason": reason}
    return Spend(
        account_id,
        Tokens(amount),
        reason,
        client_key(account_id, key or str(new_id()), "tokenSpend", sent),
        Entitlements(tier),
    )


async def spend_all(spends: Sequence[Spend]) -> list[SpendResult | BaseException]:
    return await asyncio.gather(*map(spend_tokens, spends), return_exceptions=True)


async def count_spends(account_id: AccountId) -> int:
    return await count("token_entry", "kind = 'SPEND' AND account_id = $1", account_id)


async def count_commits() -> int:
    """Of spends."""
    sql = "SELECT count(DISTINCT xmin::text) FROM token_entry WHERE kind = 'SPEND'"
    return int(await db.fetch_value(sql))


async def assert_books_hold() -> None:
    assert [found for found in await check_ledger(whole=True) if not found.ok] == []


@asynccontextmanager
async def locked_wallet(engines: Engines, account_id: AccountId) -> AsyncIterator[None]:
    """Meanwhile a batch with this account cannot go on."""
    connection = await asyncpg.connect(engines.postgres_url)
    sql = "SELECT 1 FROM ledger_account WHERE owner_id = $1 FOR UPDATE"
    try:
        async with connection.transaction():
            await connection.execute(sql, account_id)
            yield
    finally:
        await connection.close()


async def wait_blocked(engines: Engines, what: str = "true") -> None:
    """Until a batch waits for a lock; selects `what` of its process then."""
    sql = f"""
        SELECT {what} FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND query LIKE '%spend_tokens_batch%'
    """  # noqa: S608 - own text
    connection = await asyncpg.connect(engines.postgres_url)

    async def is_blocked() -> bool:
        return bool(await connection.fetchval(sql))

    try:
        await until(is_blocked)
    finally:
        await connection.close()


async def test_concurrent_spends_share_commits_and_each_has_its_own_answer(
    services: Services,
) -> None:
    accounts = [await make_account(f"ada{n}", 100) for n in range(5)]

    spent = await spend_all([use(account, 1) for account in accounts * 20])

    results = [each for each in spent if isinstance(each, SpendResult)]
    assert len({each.entry_id for each in results}) == 100
    for place in range(5):
        balances = [each.balance_after for each in results[place::5]]
        assert sorted(balances) == list(range(80, 100))
    assert await count_commits() <= 4
    await assert_books_hold()


async def test_a_refusal_is_its_caller_s_alone(services: Services) -> None:
    account_id, other = await make_account("ada", 10), await make_account("bea", 5)
    await spend_tokens(use(other, 1, "taken"))

    large, small, conflict, fine = await spend_all(
        [use(account_id, 11), use(account_id, 10), use(other, 2, "taken"), use(other, 4)]
    )

    assert isinstance(large, InsufficientTokens)
    assert (large.required, large.available) == (11, 10)
    assert isinstance(conflict, IdempotencyConflict)
    assert isinstance(small, SpendResult)
    assert isinstance(fine, SpendResult)
    assert (small.balance_after, fine.balance_after) == (0, 0)
    await assert_books_hold()


async def test_a_value_that_cannot_be_stored_is_its_caller_s_alone(services: Services) -> None:
    account_id = await make_account("ada", 10)

    bad, fine = await spend_all([use(account_id, 1, reason="\x00"), use(account_id, 1)])

    assert isinstance(bad, asyncpg.DataError)
    assert isinstance(fine, SpendResult)
    assert await count_spends(account_id) == 1


async def test_an_account_whose_books_are_broken_stops_nobody_else(
    services: Services, engines: Engines
) -> None:
    broken, account_id = await make_account("ada", 10), await make_account("bea", 10)
    async with unguarded(engines) as connection:
        sql = "UPDATE ledger_account SET balance = 50 WHERE owner_id = $1"
        await connection.execute(sql, broken)

    bad, fine = await spend_all([use(broken, 30), use(account_id, 1)])

    assert isinstance(bad, asyncpg.RaiseError)
    assert isinstance(fine, SpendResult)
    assert await count_spends(broken) == 0


async def test_one_key_from_twenty_tasks_is_one_spend(services: Services) -> None:
    account_id = await make_account("ada", 100)

    first = await spend_all([use(account_id, 5, "one")] * 20)
    again = await spend_tokens(use(account_id, 5, "one"))
    other = await spend_all([use(account_id, 6, "one")] * 3)

    assert set(first) == {again}
    assert {type(each) for each in other} == {IdempotencyConflict}
    assert await count_spends(account_id) == 1
    assert (await get_wallet(account_id)).available == 95


async def test_of_two_inputs_with_one_key_at_once_the_first_wins(services: Services) -> None:
    account_id = await make_account("ada", 100)

    results = await spend_all([use(account_id, 5 + n % 2, "one") for n in range(10)])

    assert len(set(results[::2])) == 1
    assert {type(each) for each in results[1::2]} == {IdempotencyConflict}
    assert (await get_wallet(account_id)).available == 95


async def test_a_refused_spend_does_not_use_its_key_up(services: Services) -> None:
    account_id = await make_account("ada", 5)

    refused, smaller = await spend_all([use(account_id, 6, "one"), use(account_id, 4, "one")])

    assert isinstance(refused, InsufficientTokens)
    assert isinstance(smaller, SpendResult)
    assert await spend_tokens(use(account_id, 4, "one")) == smaller


async def test_a_key_of_another_request_conflicts(services: Services) -> None:
    account_id = await make_account("ada", 5)
    async with db.transaction():
        await remember_result(client_key(account_id, "one", "agentPurchase", {}), new_id())

    [refused] = await spend_all([use(account_id, 1, "one")])

    assert isinstance(refused, IdempotencyConflict)
    assert await count_spends(account_id) == 0


async def test_another_request_with_the_key_of_a_spend_under_way_conflicts(
    services: Services,
) -> None:
    account_id = await make_account("ada", 5)

    async def request() -> None:
        key = client_key(account_id, "one", "agentPurchase", {})
        assert await find_result(key) is None
        await asyncio.create_task(_spend_outside(use(account_id, 1, "one")))
        await remember_result(key, new_id())

    with pytest.raises(IdempotencyConflict):
        await db.run_in_transaction(request)

    assert await count("idempotency_record", "request = 'tokenSpend'") == 1


async def _spend_outside(spend: Spend) -> None:
    """As another request would, which knows nothing of this transaction."""
    token = db.ENGINE.current_transaction.set(None)
    try:
        await spend_tokens(spend)
    finally:
        db.ENGINE.current_transaction.reset(token)


async def test_a_key_that_another_request_is_just_storing_is_waited_for(
    services: Services, engines: Engines
) -> None:
    account_id = await make_account("ada", 5)
    key = client_key(account_id, "one", "agentPurchase", {})
    async with db.transaction():
        await remember_result(key, new_id())
        spending = asyncio.create_task(_spend_outside(use(account_id, 1, "one")))
        await wait_blocked(engines)

    [refused] = await asyncio.gather(spending, return_exceptions=True)

    assert isinstance(refused, IdempotencyConflict)
    assert await count_spends(account_id) == 0


async def test_callers_who_go_away_disturb_nobody_and_find_their_answer_again(
    services: Services, engines: Engines
) -> None:
    account_id = await make_account("ada", 10)
    async with locked_wallet(engines, account_id):
        written = asyncio.create_task(spend_tokens(use(account_id, 1, "written")))
        await wait_blocked(engines)
        gone = asyncio.create_task(spend_tokens(use(account_id, 2, "gone")))
        others = [asyncio.create_task(spend_tokens(use(account_id, 1))) for _ in range(3)]
        await asyncio.sleep(0)
        written.cancel()
        gone.cancel()

    results = await asyncio.gather(*others)

    assert [each.balance_after for each in results] == [8, 7, 6]
    assert (await spend_tokens(use(account_id, 1, "written"))).balance_after == 9
    assert await count_spends(account_id) == 4


async def test_a_lost_connection_is_each_caller_s_error_and_the_keys_answer_then(
    services: Services, engines: Engines
) -> None:
    account_id = await make_account("ada", 10)
    spends = [use(account_id, 1, f"key {n}") for n in range(5)]
    async with locked_wallet(engines, account_id):
        lost = asyncio.create_task(spend_all(spends))
        await wait_blocked(engines, "pg_terminate_backend(pid)")
        answers = await lost

    again = await spend_all(spends)

    assert {type(each) for each in answers} == {Unavailable}
    assert {type(each) for each in again} == {SpendResult}
    assert await spend_all(spends) == again
    assert (await get_wallet(account_id)).available == 5
    await assert_books_hold()


async def test_nobody_spends_inside_a_transaction(services: Services) -> None:
    account_id = await make_account("ada", 10)

    with pytest.raises(RuntimeError):
        async with db.transaction():
            await spend_tokens(use(account_id, 1))

    assert await count_spends(account_id) == 0


async def test_use_without_limit_is_recorded_and_takes_nothing(services: Services) -> None:
    account_id = await make_account("ada", 10)

    spent = await spend_tokens(use(account_id, 1_000_000, tier=TierCode.ENTERPRISE))

    assert spent.balance_after == 10
    assert await count("token_entry", "pool = 'UNLIMITED' AND amount = -1000000") == 1
    await assert_books_hold()
