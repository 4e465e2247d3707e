"""An old month of tokens leaves for a file but for what the books are proved by."""

import gzip
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountId
from chenu.backup import token_archive
from chenu.backup.errors import BackupError
from chenu.backup.month_archive import archive, restore_month, verify_month
from chenu.backup.month_file import read_month, write_month
from chenu.backup.month_lists import list_months
from chenu.core import db
from chenu.core.business_clock import advance_clock
from chenu.core.clock import business_now, system_now
from chenu.core.ids import new_id
from chenu.core.months import Month, month_of
from chenu.core.paging import PageRequest
from chenu.ledger.amounts import Tokens
from chenu.settings import Settings
from chenu.tokens.grants import GrantId, GrantKind
from chenu.tokens.holds import settle_hold
from chenu.tokens.month_tables import TokenMonth
from chenu.tokens.statement import (
    ArchivedStatement,
    Statement,
    find_first_month,
    get_statement,
    list_archived_months,
    list_statement,
)
from tests.core.months import KEY
from tests.core.posting_sessions import open_session
from tests.core.test_ledger_archive import book_meanwhile, fail, move_on, violated
from tests.faults.own_engines import own_pool
from tests.tokens.granting import Wanted, give, hold, revoke, spend, spend_all

AGENT = new_id()
LEAVING = 5
"""Of the spends of `live`, those that nothing needs."""


@dataclass(frozen=True)
class Old:
    """A month that ended long ago, in which `account_id` spent in all ways."""

    settings: Settings
    month: Month
    folder: Path
    account_id: AccountId
    pack: GrantId
    statements: dict[Month, Statement] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / "month"

    async def archive(self, table: str = "token_entry") -> None:
        async with own_pool():
            await archive(self.settings, table, str(self.month), self.folder / self.name(table))

    async def verify(self, table: str = "token_entry") -> None:
        async with own_pool():
            await verify_month(self.settings, self.folder / self.name(table))

    async def restore(self, table: str = "token_entry") -> None:
        async with own_pool():
            await restore_month(self.settings, self.folder / self.name(table))

    def name(self, table: str) -> str:
        return "month" if table == "token_entry" else table


async def live(account_id: AccountId) -> GrantId:
    """Spends of a pack, of a free try and of no grant; one of a run; a refund; a last spend."""
    pack = await give(account_id, 1_000, GrantKind.PACK)
    await give(account_id, 12, GrantKind.PROMOTION, agent_id=AGENT)
    await spend_all(*(Wanted(account_id, amount, reason="mine") for amount in (5, 6)))
    await advance_clock(timedelta(hours=1))
    await spend(account_id, 7, AGENT, reason="mine")
    await spend_all(Wanted(account_id, 9, is_unlimited=True, reason="mine"))
    held, _ = await hold(account_id, 30, AGENT, reason="mine")
    await settle_hold(account_id, held, Tokens(20))
    await spend(account_id, 3, reason="mine")
    await revoke(pack.id, 100, "refund", debt=False)
    await advance_clock(timedelta(hours=1))
    await spend(account_id, 4, reason="mine")
    return pack.id


async def spend_late(account_id: AccountId, month: Month) -> None:
    """Twice in a month that the books do not know yet, and once when they do."""
    await advance_clock(month.start + timedelta(hours=1) - business_now())
    await spend(account_id, 1, reason="late")
    await advance_clock(timedelta(hours=1))
    await spend(account_id, 1, reason="late")
    await move_on(1)
    await spend(account_id, 1)


async def move_to(month: Month) -> None:
    """To its third day."""
    until = month.start + timedelta(days=2) - business_now()
    await move_on(until.days + 1)


@pytest.fixture
async def old(split: Any, split_settings: Settings, tmp_path: Path) -> AsyncIterator[Old]:
    async with open_session(split_settings.database_url) as session:
        account_id = AccountId(session.account_id)
        await move_on(100)
        month = month_of(business_now()).next()
        await move_to(month)
        made = Old(split_settings, month, tmp_path, account_id, await live(account_id))
        await spend_late(account_id, month.next())
        await move_on(450)
        for each in (month, month.next()):
            made.statements[each] = await get_statement(account_id, each)
        yield made


async def rows(connection: Any, table: str, what: str = "*") -> list[tuple[Any, ...]]:
    found = await connection.fetch(f"SELECT {what} FROM {table} ORDER BY 1, 2")  # noqa: S608
    return [tuple(row) for row in found]


AMOUNTS = """
    (SELECT account_id, token_grant, kind, pool, sum(amount) FROM token_amount
        GROUP BY 1, 2, 3, 4) each
"""
ALL_BUT_REASONS = "id, to_jsonb(token_entry) - 'reason'"


async def amounts(connection: Any) -> set[tuple[Any, ...]]:
    return set(await rows(connection, AMOUNTS))


async def test_spends_leave_for_a_file_and_the_books_go_on(old: Old, split: Any) -> None:
    entries = await rows(split, "token_entry", ALL_BUT_REASONS)
    before = await amounts(split)
    broken = await violated()

    await old.archive()
    remaining = await rows(split, "token_entry", ALL_BUT_REASONS)
    openings = await rows(split, "token_opening", "pool, amount")
    assert await amounts(split) == before
    broken += await violated()
    await old.verify()
    assert (await spend(old.account_id, 8)).balance_after == 1_000 - 11 - 15 - 3 - 100 - 4 - 3 - 8
    assert await revoke(old.pack, 100, "refund", debt=False) == 100
    await move_on(0)
    broken += await violated() + await violated(whole=False)
    async with own_pool():
        places = {each.name: each.place for each in await list_months(old.settings)}
    await old.restore()
    broken += await violated()
    await old.verify()
    restored = await rows(split, "token_entry", ALL_BUT_REASONS)

    assert broken == []
    assert len(entries) - len(remaining) == LEAVING
    assert openings == [("PROMOTION", -7), ("UNLIMITED", -9), ("WALLET", -14)]
    assert places[str(TokenMonth(old.month).entries()).split('"')[1]].startswith("without its")
    assert restored[:-1] == entries
    assert await rows(split, "token_opening") == []
    assert b"WALLET" not in old.file.read_bytes()  # encrypted


async def test_reasons_are_not_in_the_file_and_those_of_what_stays_stay(
    old: Old, split: Any
) -> None:
    mine = "SELECT count(*) FROM token_entry WHERE reason = 'mine'"
    before = await split.fetchval(mine)
    await old.archive()
    stayed = await split.fetchval(mine)
    found = read_month(old.file, old.folder, KEY)
    await old.restore()

    assert b"mine" not in gzip.decompress(found.rows.read_bytes())
    assert before - stayed == LEAVING
    assert await split.fetchval(mine) == stayed
    assert await split.fetchval("SELECT count(*) FROM token_entry WHERE reason = ''") == LEAVING


@pytest.mark.parametrize(
    ("tampering", "names", "words"),
    [
        ("UPDATE token_opening SET amount = amount - 1", {"I9", "I9b"}, "the openings"),
        ("DELETE FROM token_opening WHERE pool = 'UNLIMITED'", {"I9b"}, "the openings"),
        ("DELETE FROM token_opening WHERE pool = 'WALLET'", {"I9", "I9b"}, "the openings"),
        ("UPDATE token_opening SET pool = 'WALLET' WHERE pool = 'PROMOTION'", set(), "openings"),
        ("UPDATE token_opening SET account_id = gen_random_uuid()", {"I9", "I9b"}, "openings"),
        ("UPDATE {} SET amount = amount * 2 WHERE kind = 'GRANT'", {"I9", "I9b"}, "what remained"),
        ("DELETE FROM {} WHERE execution_id IS NULL", {"I9", "I9b"}, "what remained"),
        ("DELETE FROM {} WHERE execution_id IS NOT NULL", {"I9", "I9b", "I9h"}, "what remained"),
        ("UPDATE {} SET created_at = created_at - interval '1 s'", set(), "what remained"),
        ("DELETE FROM archived_month", set(), "is here with other rows"),
    ],
)
async def test_what_was_changed_is_found(
    old: Old, split: Any, tampering: str, names: set[str], words: str
) -> None:
    await old.archive()

    await split.execute(tampering.format(TokenMonth(old.month).entries()))

    assert {found.partition(":")[0] for found in await violated()} - {"I9w", "I2"} == names
    with pytest.raises(BackupError, match=words):
        await old.verify()


async def test_a_file_that_was_changed_is_refused_however_well(old: Old) -> None:
    await old.archive()
    original = old.file.read_bytes()
    found = read_month(old.file, old.folder, KEY)
    text = gzip.decompress(found.rows.read_bytes()).replace(b"\t-5\t", b"\t-6\t", 1)
    found.rows.write_bytes(gzip.compress(text))
    digest = hashlib.sha256(text).hexdigest()
    old.file.unlink()
    write_month(old.file, found.rows, replace(found.manifest, sha256=digest), KEY)

    for refused in (old.verify, old.restore):
        with pytest.raises(BackupError, match="not the file that was made"):
            await refused()
    old.file.write_bytes(original)
    await old.verify()


async def test_interrupted_anywhere_it_goes_on(
    old: Old, split: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await rows(split, "token_entry")

    async def interrupt(run: Callable[[], Any], *places: tuple[Any, str]) -> None:
        for place, name in places:
            with monkeypatch.context() as patch:
                patch.setattr(place, name, fail)
                with pytest.raises(RuntimeError, match="no room"):
                    await run()
            assert await violated() == []

    for place in (
        (token_archive, "write_and_read"),
        (TokenMonth, "make_thin"),
        (TokenMonth, "put_openings"),
        (TokenMonth, "exchange"),
        (token_archive, "list_deleted_people"),
    ):
        await interrupt(old.archive, place)
        old.file.unlink(missing_ok=True)
        assert await rows(split, "token_entry") == before
        assert await rows(split, "token_opening") == []
    await old.archive()
    thin = await rows(split, "token_entry")
    for place in ((TokenMonth, "make_whole"), (TokenMonth, "exchange"), (db, "run_in_transaction")):
        await interrupt(old.restore, place)
        assert await rows(split, "token_entry") == thin
    await old.verify()
    await old.restore()

    beside = "SELECT count(*) FROM pg_class WHERE relname ~ 'token_.*(thin|whole|rows|sums)'"
    assert await split.fetchval(f"{beside} AND relkind = 'r'") == 0
    assert await rows(split, "token_entry", ALL_BUT_REASONS) == [
        (row[0], entry) for row, (_, entry) in zip(before, await _entries(split), strict=True)
    ]
    assert await violated() == []


async def _entries(connection: Any) -> list[tuple[Any, ...]]:
    return await rows(connection, "token_entry", ALL_BUT_REASONS)


@pytest.mark.parametrize("method", ["make_thin", "make_whole"])
async def test_a_deletion_meanwhile_stands(
    old: Old, split: Any, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """It blanks reasons in the table that is exchanged a moment later."""
    made = getattr(TokenMonth, method)
    if method == "make_whole":
        await old.archive()

    async def make(tokens: TokenMonth) -> None:
        await made(tokens)
        async with split.transaction():
            await split.execute("UPDATE token_entry SET reason = '' WHERE reason = 'mine'")
            await split.execute(
                "INSERT INTO person_deletion (id, person, next_attempt_at, requested_at)"
                " VALUES ($1, $2, $3, $3)",
                *(new_id(), old.account_id, system_now()),
            )

    monkeypatch.setattr(TokenMonth, method, make)
    await (old.archive if method == "make_thin" else old.restore)()

    assert await split.fetchval("SELECT count(*) FROM token_entry WHERE reason = 'mine'") == 0
    assert await split.fetchval("SELECT count(*) FROM token_entry WHERE reason = ''") > 0


async def test_what_is_booked_meanwhile_waits_for_a_moment(old: Old) -> None:
    await book_meanwhile(old.settings.database_url, old.archive, old.restore)

    assert await violated() == []


async def test_there_is_no_statement_of_an_archived_month(old: Old) -> None:
    following = old.month.next()
    await old.archive()

    for read in (
        get_statement(old.account_id, old.month),
        list_statement(old.account_id, old.month, PageRequest(10)),
    ):
        with pytest.raises(ArchivedStatement, match=f"in {old.month} has been archived"):
            await read
    assert await list_archived_months() == {old.month}
    assert await find_first_month(old.account_id) == old.month
    assert await get_statement(old.account_id, following) == old.statements[following]
    await old.restore()
    assert await get_statement(old.account_id, old.month) == old.statements[old.month]
    assert await list_archived_months() == set()


@pytest.mark.parametrize("tables", [("ledger", "token_entry"), ("token_entry", "ledger")])
async def test_beside_the_same_month_of_the_ledger(
    old: Old, split: Any, tables: tuple[str, str]
) -> None:
    before, sums = await _entries(split), await amounts(split)
    broken = []
    for table in tables:
        await old.archive(table)
        broken += await violated()
    for table in tables:
        await old.verify(table)
    assert await amounts(split) == sums
    for table in tables:
        await old.restore(table)
        broken += await violated()

    assert broken == []
    assert await _entries(split) == before


async def test_what_cannot_be_archived_is_refused_in_words(old: Old, split: Any) -> None:
    young = month_of(business_now() - timedelta(days=300))
    async with own_pool():
        for month, words in ((young, "too young|no month"), (Month(2020, 1), "no month")):
            with pytest.raises(BackupError, match=words):
                await archive(old.settings, "token_entry", str(month), old.file)
    async with split.transaction():
        await split.execute("CREATE TABLE kept AS SELECT * FROM ledger_seal")
        await split.execute("DELETE FROM ledger_seal")
    with pytest.raises(BackupError, match="not sealed to its end"):
        await old.archive()
    await split.execute("INSERT INTO ledger_seal SELECT * FROM kept")
    await old.archive()
    with pytest.raises(BackupError, match="archived already"):
        await old.archive()
    for refused in (
        "INSERT INTO token_opening SELECT * FROM token_opening",
        "UPDATE token_opening SET amount = -1",
        "DELETE FROM token_opening",
        "DELETE FROM token_entry",
        f"SELECT * FROM {TokenMonth(old.month).entries()}",  # noqa: S608
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.execute(refused)
    await old.restore()
    with pytest.raises(BackupError, match="is not archived"):
        await old.restore()
