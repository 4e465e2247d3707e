"""The journal: booked once, always balanced, never changed, by us or past us."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.services import Services
from chenu.ledger.accounts import (
    BUYER_PAYMENTS,
    PLATFORM_REVENUE,
    STRIPE_FEES,
    AccountRef,
    LedgerKind,
    creator_payable,
)
from chenu.ledger.invariants import INVARIANTS, check_all
from chenu.ledger.journal import LedgerEntry, LedgerTransaction, UnbalancedError, get_balance, post
from chenu.ledger.seals import seal_entries
from tests.conftest import Engines
from tests.rows import count, fingerprint

LEDGER = ("ledger_transaction", "ledger_entry", "ledger_seal")


async def book(key: str, *entries: LedgerEntry) -> bool:
    async with db.transaction():
        return await post(LedgerTransaction(key, "TEST", entries))


def sale(creator: UUID, gross: int = 1000, share: int = 700) -> tuple[LedgerEntry, ...]:
    return (
        LedgerEntry(BUYER_PAYMENTS, Cents(-gross)),
        LedgerEntry(creator_payable(creator), Cents(share)),
        LedgerEntry(PLATFORM_REVENUE, Cents(gross - share)),
    )


async def test_a_booking_is_its_entries_and_the_stored_balance(services: Services) -> None:
    creator = new_id()

    assert await book("sale:1", *sale(creator))

    assert await get_balance(creator_payable(creator)) == 700
    assert (await count("ledger_transaction"), await count("ledger_entry")) == (1, 3)
    assert await db.fetch_value("SELECT sum(amount) FROM ledger_entry") == 0


async def test_the_same_event_is_booked_once(services: Services) -> None:
    creator = new_id()
    await book("sale:1", *sale(creator))
    before = await fingerprint()

    assert not await book("sale:1", *sale(creator, 5000, 3500))
    assert await fingerprint() == before


async def test_twenty_tasks_book_an_event_once(services: Services) -> None:
    creator = new_id()

    booked = await asyncio.gather(*(book("sale:1", *sale(creator)) for _ in range(20)))

    assert sorted(booked) == [False] * 19 + [True]
    assert await get_balance(creator_payable(creator)) == 700


@pytest.mark.parametrize(
    "entries",
    [
        (),
        (LedgerEntry(BUYER_PAYMENTS, Cents(1)),),
        (LedgerEntry(BUYER_PAYMENTS, Cents(-1000)), LedgerEntry(PLATFORM_REVENUE, Cents(999))),
        (
            LedgerEntry(AccountRef(LedgerKind.BUYER_PAYMENTS, asset="EUR"), Cents(-5)),
            LedgerEntry(AccountRef(LedgerKind.PLATFORM_REVENUE, asset="TOKEN"), Cents(5)),
        ),
    ],
    ids=["nothing", "one side", "a cent short", "two assets"],
)
async def test_what_does_not_sum_to_zero_per_asset_is_a_bug(
    services: Services, entries: tuple[LedgerEntry, ...]
) -> None:
    before = await fingerprint()

    with pytest.raises(UnbalancedError):
        await book("wrong", *entries)

    assert await fingerprint() == before


async def test_an_event_of_nothing_but_zeros_leaves_no_empty_transaction(
    services: Services,
) -> None:
    before = await fingerprint()

    assert not await book(
        "fee:0", LedgerEntry(PLATFORM_REVENUE, Cents(0)), LedgerEntry(STRIPE_FEES, Cents(0))
    )
    assert await fingerprint() == before


async def test_a_side_of_zero_has_no_entry(services: Services) -> None:
    await book("sale:free share", *sale(new_id(), 1000, 0))

    assert await count("ledger_entry") == 2


async def test_nothing_is_posted_outside_a_transaction(services: Services) -> None:
    with pytest.raises(RuntimeError):
        await post(LedgerTransaction("sale:1", "TEST", sale(new_id())))

    assert await count("ledger_transaction") == 0


async def test_a_booking_vanishes_with_its_flows_rollback(services: Services) -> None:
    creator = new_id()

    with pytest.raises(ZeroDivisionError):
        await _book_and_fail(creator)

    assert await get_balance(creator_payable(creator)) == 0
    assert await count("ledger_transaction") == 0


async def _book_and_fail(creator: UUID) -> None:
    async with db.transaction():
        await post(LedgerTransaction("sale:1", "TEST", sale(creator)))
        raise ZeroDivisionError


async def test_nobody_is_taken_below_zero(services: Services) -> None:
    creator = new_id()
    await book("sale:1", *sale(creator))
    before = await fingerprint()

    with pytest.raises(asyncpg.CheckViolationError):
        await book("too much", *sale(creator, -1001, -701))

    assert await fingerprint() == before


async def test_the_database_refuses_an_unbalanced_transaction_itself(services: Services) -> None:
    await book("sale:1", *sale(new_id()))
    before = await fingerprint()

    with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
        await _insert_past_the_journal()

    assert await fingerprint() == before


async def _insert_past_the_journal() -> None:
    async with db.transaction():
        sql = """
            INSERT INTO ledger_transaction (business_key, kind, business_at, posted_at)
            VALUES ('smuggled', 'TEST', now(), now()) RETURNING id
        """
        transaction_id = await db.fetch_value(sql)
        sql = """
            INSERT INTO ledger_entry (transaction_id, account_id, amount)
            SELECT $1, id, 5 FROM ledger_account
        """
        await db.execute(sql, transaction_id)


@pytest.mark.parametrize("table", [*LEDGER, "audit_event"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}"])
async def test_history_is_append_only_even_for_the_databases_owner(
    services: Services, engines: Engines, table: str, change: str
) -> None:
    await _fill()
    connection = await asyncpg.connect(engines.postgres_url)

    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await connection.execute(change.format(table))
    finally:
        await connection.close()


@pytest.mark.parametrize("table", [*LEDGER, "audit_event", "acceptance"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_role_of_requests_may_not_change_history(
    services: Services, engines: Engines, table: str, change: str
) -> None:
    connection = await asyncpg.connect(engines.postgres_url, server_settings={"role": "chenu_app"})

    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await connection.execute(change.format(table))
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "table",
    [
        "ledger_account",
        "operation",
        "purchase",
        "purchase_payment",
        "access_grant",
    ],
)
async def test_the_role_of_requests_may_not_delete_rows_of_money(
    services: Services, table: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        await db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours


async def test_every_request_runs_as_the_restricted_role(services: Services) -> None:
    assert await db.fetch_value("SELECT current_user") == db.APP_ROLE


async def test_postings_that_share_creators_do_not_deadlock(services: Services) -> None:
    creators = [new_id() for _ in range(4)]

    async def swap(n: int) -> bool:
        first, second = creators[n % 4], creators[(n * 3 + 1) % 4]
        parts = [
            LedgerEntry(creator_payable(first), Cents(10)),
            LedgerEntry(creator_payable(second), Cents(5)),
        ]
        paid = LedgerEntry(BUYER_PAYMENTS, Cents(-15))
        return await book(f"swap:{n}", *parts[:: 1 if n % 2 else -1], paid)

    booked = await asyncio.gather(*(swap(n) for n in range(40)))

    assert booked == [True] * 40
    balances = [await get_balance(creator_payable(creator)) for creator in creators]
    assert sum(balances) == 40 * 15
    assert [finding for finding in await check_all(INVARIANTS) if not finding.ok] == []


@pytest.mark.parametrize("kind", list(LedgerKind))
def test_only_a_persons_account_has_an_owner(kind: LedgerKind) -> None:
    owner = None if kind is LedgerKind.CREATOR_PAYABLE else new_id()

    with pytest.raises(ValueError, match="owner"):
        AccountRef(kind, owner)


async def _fill() -> None:
    await book("sale:1", *sale(new_id()))
    await seal_entries()
    sql = "INSERT INTO audit_event (id, at, action) VALUES ($1, now(), 'test')"
    await db.execute(sql, new_id())
