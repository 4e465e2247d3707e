"""Months of split tables as files: put aside, proved, and taken back. docs/decisions/0095.

What a file must say stands in `archived_month`, which requests cannot write: a file that was
changed, however well, is not the one that was made.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path

import msgspec

from chenu.backup.errors import BackupError
from chenu.backup.ledger_archive import (
    LEDGER,
    archive_ledger_month,
    restore_ledger_month,
    verify_ledger_month,
)
from chenu.backup.month_file import (
    FORMAT,
    MonthFile,
    MonthManifest,
    read_month,
    work_folder,
    write_month,
)
from chenu.backup.month_tables import ARCHIVABLE, NOT_ARCHIVED, MonthTable, Place
from chenu.core import db
from chenu.core.archived_months import (
    ArchivedMonth,
    find_archived,
    forget_archived,
    list_archived,
    record_archived,
)
from chenu.core.business_clock import follow_clock
from chenu.core.clock import system_now
from chenu.core.month_partitions import list_partitions
from chenu.core.months import Month
from chenu.core.months import read_month as parse_month
from chenu.core.personal_data import erase
from chenu.flows.privacy.rules import PERSONAL, find_whose
from chenu.ledger.archives import list_archives
from chenu.privacy.deletions import list_deleted_people
from chenu.settings import Settings

_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '500ms'"


@asynccontextmanager
async def _owning(settings: Settings) -> AsyncIterator[None]:
    db.configure(settings.session_url, application="chenu-archive", role=None, is_patient=True)
    await db.start(pool_size=2)
    try:
        await follow_clock(settings)
        yield
    finally:
        await db.stop()


def name_month(table: str, month: str) -> MonthTable:
    """Raises BackupError for a table without archives, Invalid for what is no month."""
    if table in NOT_ARCHIVED:
        reason = NOT_ARCHIVED[table]
        raise BackupError("months of {table} are not archived: {why}", table=table, why=reason)
    if table not in ARCHIVABLE:
        raise BackupError(
            "months of {table} are not archived, but those of {tables}",
            table=table,
            tables=", ".join(sorted({*ARCHIVABLE, LEDGER})),
        )
    return MonthTable(table, parse_month(month))


async def archive(settings: Settings, table: str, month: str, path: Path) -> MonthManifest:
    """A month of a table, or of the ledger, into a new file. Raises BackupError, Invalid."""
    if table != LEDGER:
        return await archive_month(settings, name_month(table, month), path)
    async with _owning(settings):
        return await archive_ledger_month(parse_month(month), path, settings.backup_key)


async def archive_month(settings: Settings, month: MonthTable, path: Path) -> MonthManifest:
    """Detaches it and writes it to a new file; its table goes once the file was read again.

    Interrupted, it goes on where it was when asked again. Raises BackupError.
    """
    async with _owning(settings):
        month.require_over()
        if await find_archived(month.parent, month.month) is not None:
            raise BackupError("{name} is archived already", name=month.name)
        await month.detach()
        with work_folder(path.parent) as work:
            rows = work / "rows"
            digest = await month.copy_out(rows)
            manifest = await _describe(month, digest)
            write_month(path, rows, manifest, settings.backup_key)
            if read_month(path, work, settings.backup_key).manifest != manifest:
                raise BackupError("{file} is not what was written", file=str(path))
        await _put_aside(month, manifest)
    return manifest


async def _describe(month: MonthTable, digest: str) -> MonthManifest:
    rows, sums = await month.add_up()
    return MonthManifest(
        format=FORMAT,
        table=month.parent,
        month=str(month.month),
        columns=await month.list_columns(),
        rows=rows,
        sums=sums,
        sha256=digest,
        made_at=system_now(),
        version=version("chenu"),
    )


async def _put_aside(month: MonthTable, manifest: MonthManifest) -> None:
    said = ArchivedMonth(
        month.parent,
        month.month.first_day,
        manifest.rows,
        msgspec.json.encode(manifest.sums).decode(),
        bytes.fromhex(manifest.sha256),
    )
    async with db.transaction():
        await record_archived(said, manifest.made_at)
        await month.drop()


async def verify_month(settings: Settings, path: Path) -> MonthManifest:
    """Raises BackupError unless the file is the month: as archived, or as it is attached again."""
    async with _owning(settings):
        with work_folder(path.parent) as work:
            file = read_month(path, work, settings.backup_key)
            if file.manifest.table == LEDGER:
                await verify_ledger_month(file, work)
            else:
                await _verify(file, work)
    return file.manifest


async def _verify(file: MonthFile, work: Path) -> None:
    month = name_month(file.manifest.table, file.manifest.month)
    archived = await find_archived(month.parent, month.month)
    if archived is None:
        await _compare_attached(month, file, work)
    else:
        _require_same(archived, file.manifest)


async def _compare_attached(month: MonthTable, file: MonthFile, work: Path) -> None:
    if await month.find_place() is Place.ABSENT:
        raise BackupError("{name} is neither here nor archived", name=month.name)
    if await month.copy_out(work / "attached") != file.manifest.sha256:
        raise BackupError("{name} is here with other rows than the file", name=month.name)


def _require_same(archived: ArchivedMonth, manifest: MonthManifest) -> None:
    found = (manifest.rows, manifest.sums, manifest.sha256)
    if found != (archived.rows, msgspec.json.decode(archived.sums), archived.hash.hex()):
        raise BackupError(
            "this is not the file that was made of {month} of {table}: its rows are others",
            month=manifest.month,
            table=manifest.table,
        )


async def restore_month(settings: Settings, path: Path) -> MonthManifest:
    """Attaches the month of the file again; without the rows of people who were deleted since.

    Raises BackupError, with nothing changed for readers, unless it is the file that was made.
    """
    async with _owning(settings):
        with work_folder(path.parent) as work:
            file = read_month(path, work, settings.backup_key)
            if file.manifest.table == LEDGER:
                await restore_ledger_month(file)
            else:
                await _restore(file)
    return file.manifest


async def _restore(file: MonthFile) -> None:
    month = name_month(file.manifest.table, file.manifest.month)
    archived = await find_archived(month.parent, month.month)
    if archived is None:
        raise BackupError("{name} is not archived", name=month.name)
    _require_same(archived, file.manifest)
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
    [rule] = [each for each in PERSONAL if each.table == month.parent]

    async def attach() -> None:
        await db.execute(_LOCK_TIMEOUT)
        await month.attach()
        await forget_archived(month.parent, month.month)
        for person in deleted:
            await erase(rule, await find_whose(person))

    await db.run_in_transaction(attach)


class ListedMonth(msgspec.Struct, frozen=True):
    """`place` in words; `rows` of one that is in a file."""

    name: str
    place: str
    rows: int | None = None


async def list_months(settings: Settings) -> Sequence[ListedMonth]:
    """Of the tables whose months can be archived, the oldest first."""
    async with _owning(settings):
        listed = [each for table in sorted(ARCHIVABLE) for each in await _list_of(table)]
        return listed + await _list_ledger()


async def _list_of(table: str) -> list[ListedMonth]:
    in_files = [
        ListedMonth(_name(table, each.month), "in a file", each.rows)
        for each in await list_archived(table)
    ]
    attached = [each.name for each in await list_partitions(table)]
    sql = "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'months'::regnamespace"
    sql += " AND relkind = 'r' AND starts_with(relname, $1) AND NOT relname = ANY($2) ORDER BY 1"
    loose = [each.name for each in await db.fetch_all(_Named, sql, f"{table}_", attached)]
    return [
        *in_files,
        *(ListedMonth(name, "detached: archive or restore it again") for name in loose),
        *(ListedMonth(name, "attached") for name in attached),
    ]


async def _list_ledger() -> list[ListedMonth]:
    in_files = {
        _name("ledger_entry", each.month): ListedMonth(
            _name(LEDGER, each.month), "money here, all of it in a file", each.rows
        )
        for each in await list_archives()
    }
    return [
        in_files.get(each.name, ListedMonth(each.name.replace("_entry", ""), "attached"))
        for each in await list_partitions("ledger_entry")
    ]


def _name(table: str, first_day: date) -> str:
    return MonthTable(table, Month(first_day.year, first_day.month)).name


class _Named(msgspec.Struct, frozen=True):
    name: str
