"""Months of split tables as files: put aside, proved, and taken back. docs/decisions/0095.

What a file must say stands in `archived_month`, which requests cannot write: a file that was
changed, however well, is not the one that was made.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path

import msgspec

from chenu.backup.archive import new_file
from chenu.backup.errors import BackupError
from chenu.backup.ledger_archive import (
    LEDGER,
    archive_ledger_month,
    restore_ledger_month,
    verify_ledger_month,
)
from chenu.backup.month_file import (
    MonthFile,
    MonthManifest,
    describe,
    read_month,
    read_rows,
    work_folder,
    write_and_read,
)
from chenu.backup.month_records import record_file, require_same
from chenu.backup.month_tables import ARCHIVABLE, MonthTable, Place
from chenu.backup.token_archive import (
    TOKENS,
    archive_token_month,
    restore_token_month,
    verify_token_month,
)
from chenu.core import db
from chenu.core.archived_months import find_archived, forget_archived
from chenu.core.business_clock import follow_clock
from chenu.core.months import Month
from chenu.core.months import read_month as parse_month
from chenu.core.personal_data import erase
from chenu.flows.privacy.rules import PERSONAL, find_whose
from chenu.privacy.deletions import list_deleted_people
from chenu.settings import Settings

_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '500ms'"


class Books(msgspec.Struct, frozen=True):
    """How months leave of which something stays; each raises BackupError."""

    archive: Callable[[Month, Path, bytes | None], Awaitable[MonthManifest]]
    verify: Callable[[MonthFile, Path], Awaitable[None]]
    restore: Callable[[MonthFile], Awaitable[None]]


BOOKS = {
    LEDGER: Books(archive_ledger_month, verify_ledger_month, restore_ledger_month),
    TOKENS: Books(archive_token_month, verify_token_month, restore_token_month),
}


@asynccontextmanager
async def owning(settings: Settings) -> AsyncIterator[None]:
    """As the owner of the tables, for statements that take long."""
    db.configure(settings.session_url, application="chenu-archive", role=None, is_patient=True)
    await db.start(pool_size=2)
    try:
        await follow_clock(settings)
        yield
    finally:
        await db.stop()


def name_month(table: str, month: str) -> MonthTable:
    """Raises BackupError for a table without archives, Invalid for what is no month."""
    if table not in ARCHIVABLE:
        raise BackupError(
            "months of {table} are not archived, but those of {tables}",
            table=table,
            tables=", ".join(sorted({*ARCHIVABLE, *BOOKS})),
        )
    return MonthTable(table, parse_month(month))


async def archive(settings: Settings, table: str, month: str, path: Path) -> MonthManifest:
    """A month of a table, or of the ledger, into a new file. Raises BackupError, Invalid."""
    if table not in BOOKS:
        return await archive_month(settings, name_month(table, month), path)
    async with owning(settings):
        return await BOOKS[table].archive(parse_month(month), path, settings.backup_key)


async def archive_month(settings: Settings, month: MonthTable, path: Path) -> MonthManifest:
    """Detaches it and writes it to a new file; its table goes once the file was read again.

    Interrupted, it goes on where it was when asked again. Raises BackupError.
    """
    async with owning(settings):
        month.require_over()
        if await find_archived(month.parent, month.month) is not None:
            raise BackupError("{name} is archived already", name=month.name)
        await month.detach()
        with work_folder(path.parent) as work:
            rows = work / "rows"
            digest = await month.copy_out(rows)
            manifest = await _describe(month, digest)
            write_and_read(path, rows, manifest, settings.backup_key, work)
        await _put_aside(month, manifest)
    return manifest


async def _describe(month: MonthTable, digest: str) -> MonthManifest:
    rows, sums = await month.add_up()
    return describe(month.parent, month.month, await month.list_columns(), rows, sums, digest)


async def _put_aside(month: MonthTable, manifest: MonthManifest) -> None:
    async with db.transaction():
        await record_file(manifest)
        await month.drop()


async def verify_month(settings: Settings, path: Path) -> MonthManifest:
    """Raises BackupError unless the file is the month: as archived, or as it is attached again."""
    async with owning(settings):
        with work_folder(path.parent) as work:
            file = read_month(path, work, settings.backup_key)
            books = BOOKS.get(file.manifest.table)
            await (_verify if books is None else books.verify)(file, work)
    return file.manifest


async def _verify(file: MonthFile, work: Path) -> None:
    month = name_month(file.manifest.table, file.manifest.month)
    archived = await find_archived(month.parent, month.month)
    if archived is None:
        await _compare_attached(month, file, work)
    else:
        require_same(archived, file.manifest)


async def _compare_attached(month: MonthTable, file: MonthFile, work: Path) -> None:
    if await month.find_place() is Place.ABSENT:
        raise BackupError("{name} is neither here nor archived", name=month.name)
    if await month.copy_out(work / "attached") != file.manifest.sha256:
        raise BackupError("{name} is here with other rows than the file", name=month.name)


def write_rows(settings: Settings, path: Path, target: Path) -> MonthManifest:
    """The rows of a file, below a line with the names of their columns, into a new file, as COPY
    writes them: it asks no database, and so cannot say whether the file is the one that was made.

    Raises BackupError.
    """
    with work_folder(path.parent) as work:
        file = read_month(path, work, settings.backup_key)
        with new_file(target) as opened:
            opened.write("\t".join(file.manifest.columns).encode() + b"\n")
            for block in read_rows(file.rows):
                opened.write(block)
    return file.manifest


async def restore_month(settings: Settings, path: Path) -> MonthManifest:
    """Attaches the month of the file again; without the rows of people who were deleted since.

    Raises BackupError, with nothing changed for readers, unless it is the file that was made.
    """
    async with owning(settings):
        with work_folder(path.parent) as work:
            file = read_month(path, work, settings.backup_key)
            books = BOOKS.get(file.manifest.table)
            await (_restore if books is None else books.restore)(file)
    return file.manifest


async def _restore(file: MonthFile) -> None:
    month = name_month(file.manifest.table, file.manifest.month)
    archived = await find_archived(month.parent, month.month)
    if archived is None:
        raise BackupError("{name} is not archived", name=month.name)
    require_same(archived, file.manifest)
    month.require_stored()
    await _load(month, file)
    await _take_back(month)


async def _load(month: MonthTable, file: MonthFile) -> None:
    """Beside the split table; what an interrupted attempt has left goes first."""
    await month.drop()
    await month.make()
    await month.copy_in(file.rows, file.manifest.columns)
    await month.check_keys()


async def _take_back(month: MonthTable) -> None:
    deleted = await list_deleted_people()
    rules = [each for each in PERSONAL if each.table == month.parent]

    async def attach() -> None:
        await db.execute(_LOCK_TIMEOUT)
        await month.attach()
        await forget_archived(month.parent, month.month)
        for rule, person in product(rules, deleted):
            await erase(rule, await find_whose(person))

    await db.run_in_transaction(attach)
