"""The books were split by month while they were used; months turn between postings, under seals."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chenu.core import db
from chenu.core.clock import CLOCK, business_now
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.month_partitions import add_partitions
from chenu.core.months import month_of
from chenu.flows.token_invariants import TOKENS
from chenu.ledger.accounts import BUYER_PAYMENTS, PLATFORM_REVENUE
from chenu.ledger.amounts import euros
from chenu.ledger.invariants import check_ledger
from chenu.ledger.journal import LedgerTransaction, credit, debit, find_amounts, post
from chenu.ledger.seals import find_last_sealed, seal_entries
from tests.core.posting_sessions import PostingSession
from tests.core.test_month_partitions import explain

LATER = timedelta(days=200)
IDS = 100_000_000_000
CENT = (debit(BUYER_PAYMENTS, euros(Cents(1))), credit(PLATFORM_REVENUE, euros(Cents(1))))


STRAY_TOKENS = """
    SELECT count(*) FROM token_entry k JOIN list_months('token_entry'::regclass) m
        ON k.tableoid = ('months.' || m.name)::regclass
    LEFT JOIN ledger_transaction t ON t.id = k.ledger_transaction_id
    WHERE month_of_id(t.id) IS DISTINCT FROM coalesce(m.starts_at, month_of_id(0))
"""
"""Entries of tokens in another month than their transactions."""


async def book(key: str) -> bool:
    async with db.transaction():
        return await post(LedgerTransaction(key, "TEST", new_id(), CENT))


async def move_on(by: timedelta) -> int:
    """The first id of the month that runs then."""
    CLOCK.move_to_offset(by)
    await add_partitions()
    month = month_of(business_now())
    return ((month.year - 2000) * 12 + month.month - 1) * IDS


async def violated(*, whole: bool = True) -> list[str]:
    found = await check_ledger(whole=whole, more=TOKENS)
    return [f"{finding.name}: {finding.samples}" for finding in found if not finding.ok]


async def months_of(table: str, column: str = "id") -> set[int]:
    sql = f"SELECT DISTINCT {column} / {IDS} AS month FROM {table}"  # noqa: S608 - names of ours
    return {row[0] for row in await db.fetch_records(sql)}


async def test_older_code_booked_on_while_the_books_were_split(split: Any) -> None:
    kinds = dict(await split.fetch("SELECT kind, count(*) FROM ledger_transaction GROUP BY 1"))
    keys = await split.fetchval("SELECT count(*) FROM ledger_key")

    assert kinds["TEST"] == kinds["TOKEN_GRANT"] == kinds["TOKEN_SPEND"] == kinds["TOKEN_REVOKE"]
    assert kinds["TEST"] > 10  # while it was split, too
    assert keys == sum(kinds.values()) - kinds["TOKEN_SPEND"]
    assert await seal_entries() == await split.fetchval("SELECT count(*) FROM ledger_entry")
    assert await violated() == []
    for table in ("ledger_transaction", "ledger_entry", "token_entry"):
        sql = f"SELECT array_agg(DISTINCT tableoid::regclass::text) FROM {table}"  # noqa: S608
        assert await split.fetchval(sql) == [f"months.{table}_before"]


async def test_the_month_turns_between_postings_and_seals_do_not_cross_it(split: Any) -> None:
    await seal_entries()
    first = await move_on(LATER)
    written, may_commit = asyncio.Event(), asyncio.Event()
    slow = asyncio.create_task(book_slowly(written, may_commit))
    await written.wait()
    turning = asyncio.create_task(seal_entries())
    await asyncio.sleep(0.1)
    assert not turning.done()
    may_commit.set()
    await slow
    assert await turning == 2  # the slow one is of the old month

    await book("next")
    await PostingSession(split, await an_account(split)).book()
    assert await seal_entries() > 8
    sealed = await find_last_sealed()
    await move_on(LATER + timedelta(days=62))
    assert await seal_entries() == 0
    await book("two months later")
    assert await seal_entries() == 2

    assert sealed // IDS == first // IDS
    assert await months_of("ledger_transaction") == await months_of("ledger_entry")
    months = {0, first // IDS, first // IDS + 2}
    assert await months_of("ledger_entry", "transaction_id") == months
    assert await months_of("token_entry", "ledger_transaction_id") == {0, first // IDS}
    assert await split.fetchval(STRAY_TOKENS) == 0
    ends = (
        "SELECT array_agg(last_entry ORDER BY id) FROM ledger_seal WHERE last_entry % $1 = $1 - 1"
    )
    assert await db.fetch_value(ends, IDS) == [first - 1, first + 2 * IDS - 1]
    assert await violated() == []


async def book_slowly(written: asyncio.Event, may_commit: asyncio.Event) -> None:
    async with db.transaction():
        await post(LedgerTransaction("slow", "TEST", new_id(), CENT))
        written.set()
        await may_commit.wait()


async def an_account(connection: Any) -> UUID:
    account_id: UUID = await connection.fetchval("SELECT id FROM account LIMIT 1")
    return account_id


async def test_an_event_is_booked_once_in_whatever_months(split: Any) -> None:
    booked = await book("sale:1")
    for months in (3, 4):
        await move_on(timedelta(days=31 * months))
        await seal_entries()
        assert not await book("sale:1")
        racing = await asyncio.gather(*(book(f"sale:of month {months}") for _ in range(2)))
        assert sorted(racing) == [False, True]

    assert booked
    assert len(await months_of("ledger_transaction")) == 3
    assert (await find_amounts("sale:1"))[PLATFORM_REVENUE.kind] == 1
    await split.execute("DELETE FROM ledger_key WHERE business_key = 'sale:of month 4'")
    assert len([found for found in await violated() if found.startswith("I1k")]) == 1
    assert len([found for found in await violated(whole=False) if found.startswith("I1k")]) == 1


async def test_without_a_month_for_them_postings_stay_in_the_last_one(split: Any) -> None:
    CLOCK.move_to_offset(timedelta(days=900))
    await seal_entries()
    await book("late")
    await seal_entries()
    last = max(await months_of("ledger_entry"))
    first = await move_on(timedelta(days=900))
    await seal_entries()
    await book("in time")
    await seal_entries()

    assert 0 < last < first // IDS - 12
    assert await months_of("ledger_entry") == {0, last, first // IDS}
    assert await violated() == []


async def test_no_month_begins_that_entries_of_tokens_lack(split: Any) -> None:
    """Whatever made it go: their postings would be refused."""
    first = await move_on(LATER)
    month = f"token_entry_{month_of(business_now())}".replace("-", "_")
    await split.execute(f"DROP TABLE months.{month}")
    session = PostingSession(split, await an_account(split))
    await seal_entries()
    await session.book()
    await seal_entries()
    running = max(await months_of("ledger_entry"))
    following = await move_on(LATER + timedelta(days=31))
    await seal_entries()
    await session.book()

    assert 0 < running < first // IDS
    assert await months_of("token_entry", "ledger_transaction_id") == {
        *(0, running, following // IDS)
    }
    assert await violated() == []


@pytest.mark.parametrize(
    "table", ["ledger_transaction", "ledger_entry", "ledger_key", "token_entry"]
)
async def test_no_month_of_the_books_is_changed(split: Any, table: str) -> None:
    await move_on(LATER)
    await seal_entries()
    await book("later")
    await PostingSession(split, await an_account(split)).book()
    await split.execute("SET session_replication_role = origin")
    parts = await split.fetch(f"SELECT DISTINCT tableoid::regclass::text AS name FROM {table}")  # noqa: S608

    for statement in ("UPDATE {} SET account_id = account_id", "DELETE FROM {}"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
            await db.execute(statement.format(table))
        for part in parts:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
                await split.execute(statement.format(part["name"]))
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
                await db.execute(statement.format(part["name"]))
    assert len(parts) == (1 if table == "ledger_key" else 2)
    if table == "token_entry":
        await db.execute("UPDATE token_entry SET reason = ''")  # a deletion's


_ENTRIES = """
    INSERT INTO ledger_entry (id, transaction_id, ledger_account_id, account_id, amount)
    SELECT $1::bigint + n, $2, a.id, a.id, CASE n WHEN 0 THEN 5 ELSE $3 END
    FROM (SELECT id FROM ledger_account WHERE owner_id IS NULL AND asset = 'EUR' LIMIT 1) a
    CROSS JOIN generate_series(0, 1) n
"""


async def test_entries_that_are_no_booking_of_their_month_are_refused(split: Any) -> None:
    first = await move_on(LATER)
    await seal_entries()
    await book("later")
    await split.execute("SET session_replication_role = origin")
    for entry, transaction, amount, words in (
        (first + 5, first, -4, "does not balance"),
        (first + 5, first + 1, -5, "ledger_entry_.*_transaction"),
        (first + 5, 1, -5, "ledger_entry_month"),
        (IDS // 2, IDS // 2, -5, "ledger_entry_transaction_id_fkey"),
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match=words):
            await split.execute(_ENTRIES, entry, transaction, amount)
    await split.execute(_ENTRIES, first + 5, first, -5)


async def test_what_is_read_all_day_reads_the_months_that_it_needs(split: Any) -> None:
    first = await move_on(LATER)
    await seal_entries()
    await book("sale:later")
    await split.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
    since = "SELECT count(*) FROM ledger_entry WHERE id > $1"
    found = """
        SELECT sum(e.amount) FROM keyed_transaction t
        JOIN ledger_entry e ON e.transaction_id = t.id WHERE t.business_key = $1
    """
    newest = await explain(split, "SELECT max(id) FROM ledger_entry")
    recent = await explain(split, since, first)
    by_key = await explain(split, found, "sale:later")
    executed = re.findall(r"on (ledger_\w+).*\(actual rows=", by_key)

    assert "ledger_entry_before" not in recent
    assert f"ledger_entry_{month_of(business_now())}".replace("-", "_") in recent
    assert "ledger_key_pkey" in by_key
    assert {name for name in executed if name.startswith("ledger_transaction")} == {
        f"ledger_transaction_{month_of(business_now())}".replace("-", "_")
    }
    assert re.findall(r"on (ledger_entry_before).*actual", newest) == []
