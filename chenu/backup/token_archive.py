"""Months of entries of tokens as files: of a month that is old, most spends leave the database.

The file has all of the month but reasons, which people wrote. Sums of what left stay as openings.
docs/decisions/0106
"""

from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

from msgspec.structs import asdict

from chenu.accounts.actor import UserId
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
from chenu.backup.month_records import record_file, require_same
from chenu.core import db
from chenu.core.archived_months import find_archived, forget_archived
from chenu.core.months import Month
from chenu.core.months import read_month as parse_month
from chenu.core.personal_data import erase
from chenu.flows.privacy.rules import PERSONAL, find_whose
from chenu.ledger.month_exchange import Beside
from chenu.privacy.deletions import list_deleted_people
from chenu.tokens.month_tables import COLUMNS, TokenMonth

TOKENS = "token_entry"


async def archive_token_month(month: Month, path: Path, key: bytes | None) -> MonthManifest:
    """As the owner of the table. Writes the month to a new file, then takes spends out of it.

    Interrupted, nothing has changed for readers or it is archived. Raises BackupError.
    """
    tokens = TokenMonth(month)
    await tokens.clear()
    if await find_archived(TOKENS, month) is not None:
        raise BackupError("{name} is archived already", name=str(tokens))
    await require_closed(str(tokens), month, tokens.last_id, await tokens.find_newest())
    with work_folder(path.parent) as work:
        rows = work / "rows"
        digest = await _copy_out(tokens, rows)
        sums = asdict(await tokens.add_up())
        manifest = describe(TOKENS, month, COLUMNS, sums["entries"], sums, digest)
        write_and_read(path, rows, manifest, key, work)
    await _put_aside(tokens, manifest)
    await tokens.clear()
    return manifest


async def _copy_out(tokens: TokenMonth, target: Path) -> str:
    """The hash of its rows."""
    with target.open("wb") as opened:
        rows = RowsWriter(opened)
        await tokens.copy_out(rows.write)
        return rows.end()


async def _put_aside(tokens: TokenMonth, manifest: MonthManifest) -> None:
    known = await list_deleted_people()
    await tokens.make_thin()

    async def record() -> None:
        await tokens.put_openings()
        await record_file(manifest)

    await _exchange(tokens, (Beside.THIN, Beside.WHOLE), known, record)


async def _exchange(
    tokens: TokenMonth,
    new_and_old: tuple[Beside, Beside],
    known: Collection[UserId],
    record: Callable[[], Awaitable[None]],
) -> None:
    """`known`: who was deleted before the new table's rows were copied, without their reasons."""
    [rule] = [each for each in PERSONAL if each.table == TOKENS]

    async def run() -> None:
        await record()
        await tokens.exchange(*new_and_old)
        for person in set(await list_deleted_people()).difference(known):
            await erase(rule, await find_whose(person))

    await db.run_in_transaction(run)


async def verify_token_month(file: MonthFile, work: Path) -> None:
    """Raises BackupError unless the file is the month, and what is here of it adds up with it."""
    tokens = TokenMonth(parse_month(file.manifest.month))
    archived = await find_archived(TOKENS, tokens.month)
    if archived is None:
        await _compare_attached(tokens, file, work)
        return
    require_same(archived, file.manifest)
    await tokens.copy_in(stream_rows(file.rows))
    try:
        if not await tokens.has_openings_of_rows():
            raise BackupError("the openings of {name} are not its sums", name=str(tokens))
        if not await tokens.has_rest_of_rows():
            raise BackupError("what remained of {name} was changed", name=str(tokens))
    finally:
        await tokens.clear()


async def _compare_attached(tokens: TokenMonth, file: MonthFile, work: Path) -> None:
    if await tokens.find_newest() is None:
        raise BackupError("{name} is neither here nor archived", name=str(tokens))
    if await _copy_out(tokens, work / "attached") != file.manifest.sha256:
        raise BackupError("{name} is here with other rows than the file", name=str(tokens))


async def restore_token_month(file: MonthFile) -> None:
    """Puts all of the month back, without the reasons of what was away.

    Raises BackupError, with nothing changed for readers.
    """
    tokens = TokenMonth(parse_month(file.manifest.month))
    archived = await find_archived(TOKENS, tokens.month)
    if archived is None:
        raise BackupError("{name} is not archived", name=str(tokens))
    require_same(archived, file.manifest)
    await tokens.clear()
    await tokens.copy_in(stream_rows(file.rows))
    known = await list_deleted_people()
    await tokens.make_whole()

    async def record() -> None:
        await tokens.drop_openings()
        await forget_archived(TOKENS, tokens.month)

    await _exchange(tokens, (Beside.WHOLE, Beside.THIN), known, record)
    await tokens.clear()
