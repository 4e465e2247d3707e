"""Makes the archive of a person's data: a zip with a JSON file for each topic."""

import zipfile
from contextlib import suppress
from tempfile import SpooledTemporaryFile
from typing import IO

from chenu.accounts.users import User, get_user
from chenu.core import db
from chenu.core.backoff import name_failure
from chenu.core.crash_points import crash_point
from chenu.core.i18n import LOCALES, mark, translate
from chenu.core.mail import queue_mail
from chenu.core.mail_kinds import MailKind
from chenu.core.mail_params import GreetingParams
from chenu.core.personal_data import PersonalData, Whose, read_rows_of
from chenu.core.replica import ReplicaFailed
from chenu.core.replica_snapshot import replica_snapshot
from chenu.core.staleness import ReadKind, StaleRead
from chenu.flows.privacy.rules import PERSONAL, find_whose
from chenu.privacy.exports import (
    DataExport,
    ExportId,
    find_requested,
    lock_requested,
    record_export_failure,
    store_archive,
)

ARCHIVE_NAME = "chenu-data.zip"
_IN_MEMORY = 4 * 1024 * 1024
_PATIENCE_SECONDS = 5.0
_INTRODUCTION = mark(
    "These are the data that CHE·NU stores of you. Each file has the rows of one topic as JSON: "
    "texts in UTF-8, amounts in cents, times in UTC. Passwords and secrets are stored as hashes "
    "only and are left out, and so is what is stored of other people. A file that is missing "
    "has no rows."
)


async def make_export(export_id: ExportId) -> None:
    """By a job; what fails is tried again later. Again changes nothing."""
    try:
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            is_written = await _write_from_replica(file, export_id)
            await db.run_in_transaction(lambda: _make(export_id, file, is_written=is_written))
    except Exception as error:
        await record_export_failure(export_id, name_failure(error))
        raise


async def _write_from_replica(file: IO[bytes], export_id: ExportId) -> bool:
    """Where there is a replica that has all that was written until now, or has it soon."""
    if db.REPLICA is None:
        return False
    read = StaleRead(ReadKind.EXPORTS, after=await db.read_position())
    await db.REPLICA.wait_for(read.after, _PATIENCE_SECONDS)
    with suppress(ReplicaFailed):
        async with replica_snapshot(read):
            export = await find_requested(export_id)
            if export is not None:
                await write_archive(file, await find_whose(export.owner_id))
                return True
    return False


async def _make(export_id: ExportId, file: IO[bytes], *, is_written: bool) -> None:
    """Everything as of one moment."""
    await db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    export = await lock_requested(export_id)
    if export is None:
        return
    if not is_written:
        file.seek(0)  # what a replica began, or an attempt of this transaction before
        file.truncate()
        await write_archive(file, await find_whose(export.owner_id))
    file.seek(0)
    await store_archive(export_id, file)
    crash_point("export.stored")
    await _tell(export, await get_user(export.owner_id))


async def _tell(export: DataExport, user: User) -> None:
    key, params = f"export:{export.id}", GreetingParams(name=user.mail_name)
    await queue_mail(MailKind.EXPORT_READY, user.email, user.locale, key, params)


async def write_archive(file: IO[bytes], whose: Whose) -> None:
    """Row by row: no file of it is held in memory."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        words = "\n\n".join(translate(locale, _INTRODUCTION) for locale in LOCALES)
        archive.writestr("README.txt", f"{words}\n")
        for rule in PERSONAL:
            if rule.exported:
                await _write_rows(archive, rule, whose)


async def _write_rows(archive: zipfile.ZipFile, rule: PersonalData, whose: Whose) -> None:
    """An array with a row on each line; no file without rows."""
    rows = read_rows_of(rule, whose)
    first = await anext(rows, None)
    if first is None:
        return
    with archive.open(rule.file_name, "w") as member:
        member.write(f"[\n{first}".encode())
        async for row in rows:
            member.write(f",\n{row}".encode())
        member.write(b"\n]\n")
