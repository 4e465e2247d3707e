"""Months of the ledger as files: of a month that is old, only money stays in the database.

The file has all of it. Transactions of tokens alone go, and their sums stay as openings; the file
proves itself against the month's seals. docs/decisions/0099
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec.structs import asdict

from chenu.backup.closed_months import require_closed
from chenu.backup.errors import BackupError
from chenu.backup.month_file import (
    MonthFile,
    MonthManifest,
    RowsWriter,
    describe,
    stream_rows,
    work_folder,
    write_and_read,
)
from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.months import Month
from chenu.core.months import read_month as parse_month
from chenu.ledger.archives import (
    LedgerArchive,
    find_archive,
    hash_remaining,
    list_openings,
    record_archive,
    record_return,
)
from chenu.ledger.month_exchange import Beside
from chenu.ledger.month_tables import COLUMNS, LedgerMonth
from chenu.ledger.sealed_entries import BOOKS, find_broken_seals

LEDGER = "ledger"
"""What the command and the files call both tables."""


async def archive_ledger_month(month: Month, path: Path, key: bytes | None) -> MonthManifest:
    """As the owner of the tables. Writes the month to a new file, then takes tokens out of it.

    Interrupted, nothing has changed for readers or it is archived. Raises BackupError.
    """
    books = LedgerMonth(month)
    await books.clear()
    await _require_over(books)
    with work_folder(path.parent) as work:
        rows = work.joinpath("rows")
        manifest = await _describe(books, await _copy_out(books, rows))
        write_and_read(path, rows, manifest, key, work)
    await _put_aside(books, manifest)
    await books.clear()
    return manifest


async def _require_over(books: LedgerMonth) -> None:
    if await find_archive(books.month.first_day) is not None:
        raise BackupError("{name} is archived already", name=str(books))
    await require_closed(str(books), books.month, books.last_id, await books.find_newest())
    await _require_proved(books, BOOKS)


async def _require_proved(books: LedgerMonth, source: str) -> None:
    broken = await find_broken_seals(books.first_id, books.last_id, source)
    if broken:
        said = "{name} does not match its seals: {seal}"
        raise BackupError(said, name=str(books), seal=broken[0])


async def _copy_out(books: LedgerMonth, target: Path) -> str:
    """The hash of its rows."""
    with target.open("wb") as opened:
        rows = RowsWriter(opened)
        await books.copy_out(rows.write)
        return rows.end()


async def _describe(books: LedgerMonth, digest: str) -> MonthManifest:
    sums = asdict(await books.add_up())
    return describe(LEDGER, books.month, COLUMNS, sums["entries"], sums, digest)


async def _put_aside(books: LedgerMonth, manifest: MonthManifest) -> None:
    archive_id = new_id()
    await books.make_thin()
    await books.put_openings(archive_id)
    openings = await list_openings(archive_id)
    thin = f"""
        {books.entries(Beside.THIN)} e JOIN {books.transactions(Beside.THIN)} t
            ON t.id = e.transaction_id
    """
    archive = LedgerArchive(
        archive_id,
        books.month.first_day,
        books.first_id,
        books.last_id,
        manifest.rows,
        bytes.fromhex(manifest.sha256),
        await hash_remaining(books.first_id, books.last_id, openings, thin),
    )
    await _exchange(books, Beside.THIN, Beside.WHOLE, lambda: record_archive(archive))


async def _exchange(
    books: LedgerMonth, new: Beside, old: Beside, record: Callable[[], Awaitable[None]]
) -> None:
    async def run() -> None:
        await books.exchange(new, old)
        await record()

    await db.run_in_transaction(run)


async def verify_ledger_month(file: MonthFile, work: Path) -> None:
    """Raises BackupError unless the file is the month, and proves its seals and openings."""
    books = LedgerMonth(parse_month(file.manifest.month))
    archive = await _find_same(books, file.manifest)
    if archive is None:
        if await books.find_newest() is None:
            raise BackupError("{name} is neither here nor archived", name=str(books))
        if await _copy_out(books, work.joinpath("attached")) != file.manifest.sha256:
            raise BackupError("{name} is here with other rows than the file", name=str(books))
    await books.copy_in(stream_rows(file.rows))
    try:
        await _require_proved(books, books.entries_of_rows)
        if archive is not None:
            await _compare_remaining(books, archive)
    finally:
        await books.clear()


async def _find_same(books: LedgerMonth, manifest: MonthManifest) -> LedgerArchive | None:
    """None if the month is not archived. Raises BackupError if it was archived in another file."""
    archive = await find_archive(books.month.first_day)
    if archive is not None and (archive.rows, archive.file_hash.hex()) != (
        manifest.rows,
        manifest.sha256,
    ):
        raise BackupError(
            "this is not the file that was made of {name}: its rows are others", name=str(books)
        )
    return archive


async def _compare_remaining(books: LedgerMonth, archive: LedgerArchive) -> None:
    openings = await list_openings(archive.id)
    if await books.add_up_openings() != openings:
        raise BackupError("the openings of {name} are not its sums", name=str(books))
    for source in (BOOKS, books.remaining_of_rows):
        found = await hash_remaining(archive.first_id, archive.last_id, openings, source)
        if found != archive.remaining_hash:
            raise BackupError("what remained of {name} was changed", name=str(books))


async def restore_ledger_month(file: MonthFile) -> None:
    """Puts all of the month back. Raises BackupError, with nothing changed for readers."""
    books = LedgerMonth(parse_month(file.manifest.month))
    archive = await _find_same(books, file.manifest)
    if archive is None:
        raise BackupError("{name} is not archived", name=str(books))
    await books.clear()
    await books.copy_in(stream_rows(file.rows))
    await _require_proved(books, books.entries_of_rows)
    await books.make_whole()
    await _exchange(books, Beside.WHOLE, Beside.THIN, lambda: record_return(archive))
    await books.clear()
