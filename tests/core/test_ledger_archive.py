"""An old month of the ledger leaves for a file but for its money; the books prove themselves."""

import asyncio
import gzip
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from chenu.backup import ledger_archive
from chenu.backup.errors import BackupError
from chenu.backup.month_archive import archive, restore_month, verify_month
from chenu.backup.month_file import read_month, write_month
from chenu.backup.month_lists import list_months
from chenu.core import db
from chenu.core.business_clock import advance_clock
from chenu.core.clock import business_now
from chenu.core.month_partitions import add_partitions
from chenu.core.months import Month, month_of
from chenu.flows.invariants import check_books
from chenu.ledger.journal import find_amounts
from chenu.ledger.month_tables import LedgerMonth
from chenu.ledger.seals import seal_entries
from chenu.settings import Settings
from tests.core.months import KEY
from tests.core.posting_sessions import PostingSession, open_session
from tests.core.test_ledger_months import book
from tests.faults.own_engines import own_pool


@dataclass(frozen=True)
class Old:
    """A month that ended long ago: five bookings of money, and of tokens; `session` goes on."""

    settings: Settings
    month: Month
    session: PostingSession
    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "month"

    async def archive(self) -> None:
        async with own_pool():
            await archive(self.settings, "ledger", str(self.month), self.file)

    async def verify(self) -> None:
        async with own_pool():
            await verify_month(self.settings, self.file)

    async def restore(self) -> None:
        async with own_pool():
            await restore_month(self.settings, self.file)


async def violated(*, whole: bool = True) -> list[str]:
    """Of all rules that our own rows can tell."""
    found = await check_books(whole=whole)
    return [f"{finding.name}: {finding.samples}" for finding in found if not finding.ok]


async def move_on(days: int) -> None:
    await advance_clock(timedelta(days=days))
    await add_partitions()
    await seal_entries()


@pytest.fixture
async def old(split: Any, split_settings: Settings, tmp_path: Path) -> AsyncIterator[Old]:
    async with open_session(split_settings.database_url) as session:
        await move_on(100)
        month = month_of(business_now())
        assert await book("sale:1")
        for _ in range(4):
            await session.book()
        await move_on(40)
        await session.book()
        await move_on(450)
        yield Old(split_settings, month, session, tmp_path)


COUNTS = """
    SELECT (SELECT count(*) FROM ledger_transaction), (SELECT count(*) FROM ledger_entry),
        (SELECT count(*) FROM ledger_amount), (SELECT sum(amount) FROM ledger_amount),
        (SELECT count(*) FROM ledger_transaction t WHERE t.id BETWEEN $1 AND $2)
"""


async def test_tokens_leave_for_a_file_and_the_books_go_on(old: Old, split: Any) -> None:
    month = LedgerMonth(old.month)
    before = await split.fetchrow(COUNTS, month.first_id, month.last_id)
    broken = await violated()

    await old.archive()
    without = await split.fetchrow(COUNTS, month.first_id, month.last_id)
    broken += await violated()
    assert not await book("sale:1")
    amounts = await find_amounts("sale:1")
    await old.session.book()
    await seal_entries()
    broken += await violated() + await violated(whole=False)
    await old.verify()
    async with own_pool():
        places = {each.name: each.place for each in await list_months(old.settings)}
    await old.restore()
    broken += await violated()
    await old.verify()
    after = await split.fetchrow(COUNTS, month.first_id, month.last_id)

    assert broken == []
    assert before[4] == 5 + 4 * 3
    assert without[4] == 5
    assert tuple(amounts.values()) == (-1, 1)
    assert places[f"ledger_{old.month}".replace("-", "_")].startswith("money here")
    assert not [place for place in places.values() if place.startswith("detached")]
    assert after[4] == before[4]
    assert after[0] - before[0] == 4
    assert (without[3], after[3]) == (0, 0)
    assert b"sale:1" not in old.file.read_bytes()  # encrypted


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE ledger_opening SET amount = amount + 1 WHERE amount > 0",
        "UPDATE {entries} SET amount = amount * 2",
        "UPDATE {transactions} SET business_at = business_at - interval '1 day'",
        "DELETE FROM ledger_opening WHERE amount < 0",
    ],
)
async def test_what_remains_is_sealed_as_well(old: Old, split: Any, tampering: str) -> None:
    await old.archive()
    month = LedgerMonth(old.month)

    await split.execute(
        tampering.format(entries=month.entries(), transactions=month.transactions())
    )

    assert [found for found in await violated() if found.startswith("I13")] == [
        f"I13: ('what remained of {old.month}',)"
    ]
    with pytest.raises(BackupError, match=r"openings of|what remained of"):
        await old.verify()


async def test_a_file_that_was_changed_is_refused_however_well(old: Old) -> None:
    await old.archive()
    original = old.file.read_bytes()
    found = read_month(old.file, old.folder, KEY)
    text = gzip.decompress(found.rows.read_bytes()).replace(b"\t10\t", b"\t11\t", 1)
    found.rows.write_bytes(gzip.compress(text))
    digest = hashlib.sha256(text).hexdigest()
    old.file.unlink()
    write_month(old.file, found.rows, msgspec.structs.replace(found.manifest, sha256=digest), KEY)

    for refused in (old.verify, old.restore):
        with pytest.raises(BackupError, match="not the file that was made"):
            await refused()
    old.file.write_bytes(original)
    await old.verify()


async def test_interrupted_anywhere_it_goes_on(
    old: Old, split: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = LedgerMonth(old.month)
    before = await split.fetchrow(COUNTS, month.first_id, month.last_id)
    for place, name in (
        (ledger_archive, "write_and_read"),
        (LedgerMonth, "put_openings"),
        (ledger_archive, "record_archive"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, fail)
            with pytest.raises(RuntimeError, match="no room"):
                await old.archive()
        old.file.unlink(missing_ok=True)
        assert tuple(await split.fetchrow(COUNTS, month.first_id, month.last_id)) == tuple(before)
        assert await violated() == []
    await old.archive()
    for place, name in ((LedgerMonth, "make_whole"), (ledger_archive, "record_return")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, fail)
            with pytest.raises(RuntimeError, match="no room"):
                await old.restore()
        assert await violated() == []
    await old.restore()

    assert tuple(await split.fetchrow(COUNTS, month.first_id, month.last_id)) == tuple(before)
    await old.session.book()
    assert await violated() == []


def fail(*args: object, **named: object) -> None:
    raise RuntimeError("no room")


async def test_what_is_booked_meanwhile_waits_for_a_moment(old: Old) -> None:
    await book_meanwhile(old.settings.database_url, old.archive, old.restore)

    assert await violated() == []


async def book_meanwhile(url: str, *runs: Callable[[], Awaitable[None]]) -> None:
    """Three sessions post, grant, spend and revoke all the time."""
    done = asyncio.Event()
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(open_session(url)) for _ in range(3)]
        booking = [asyncio.create_task(session.book_until(done)) for session in sessions]
        try:
            for run in runs:
                await run()
        finally:
            done.set()
            await asyncio.gather(*booking)
    assert min(session.times for session in sessions) > 2


async def test_what_cannot_be_archived_is_refused_in_words(old: Old, split: Any) -> None:
    young = month_of(business_now() - timedelta(days=300))
    missing = Month(2020, 1)
    async with own_pool():
        for month, words in ((young, r"too young|no month"), (missing, "no month")):
            with pytest.raises(BackupError, match=words):
                await archive(old.settings, "ledger", str(month), old.file)
    await split.execute(
        "UPDATE ledger_entry SET amount = amount * 2 WHERE id = $1", LedgerMonth(old.month).first_id
    )
    with pytest.raises(BackupError, match="does not match its seals"):
        await old.archive()
    await split.execute(
        "UPDATE ledger_entry SET amount = amount / 2 WHERE id = $1", LedgerMonth(old.month).first_id
    )
    await old.archive()
    with pytest.raises(BackupError, match="archived already"):
        await old.archive()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await db.execute("INSERT INTO ledger_opening SELECT * FROM ledger_opening")
