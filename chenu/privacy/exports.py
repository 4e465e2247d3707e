"""Exports of a person's data: asked for, made by the worker, fetched for seven days."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import IO, NewType
from uuid import UUID

import msgspec

from chenu.accounts import attempts, audit
from chenu.accounts.actor import Actor, UserId
from chenu.accounts.confirmation import require_confirmed, require_session_still
from chenu.core import db, queue
from chenu.core.backoff import BACKOFF
from chenu.core.clock import business_now, system_now
from chenu.core.errors import Invalid, LimitReached
from chenu.core.ids import new_id
from chenu.core.rows import Columns, insert
from chenu.privacy import tables

ExportId = NewType("ExportId", UUID)

LIFE = timedelta(days=7)
_CHUNK = 1024 * 1024
_PER_USER = attempts.Limit("export_user", 5, timedelta(hours=1))


class ExportState(StrEnum):
    REQUESTED = "REQUESTED"
    READY = "READY"


class DataExport(msgspec.Struct, frozen=True):
    """`expires_at` is system time; after it the archive is gone."""

    id: ExportId
    owner_id: UserId
    state: str
    size: int
    requested_at: datetime
    expires_at: datetime

    @property
    def is_ready(self) -> bool:
        return self.state == ExportState.READY and self.expires_at > system_now()

    @property
    def is_requested(self) -> bool:
        return self.state == ExportState.REQUESTED


_COLUMNS = Columns(DataExport, tables.DataExport, owner_id="owner").select()
_EXPORT = f"SELECT {_COLUMNS} FROM data_export"  # noqa: S608 - own columns


async def request_export(actor: Actor, current_password: str | None) -> None:
    """One at a time; asks for the password, see accounts/confirmation.py.

    Raises Unverified, LimitReached while one is being made, RateLimited.
    """
    user_id = actor.require_user()
    actor.require_verified()
    await require_confirmed(actor, current_password)
    await attempts.count_attempt(_PER_USER, str(user_id))

    async def write() -> None:
        await require_session_still(actor)
        export_id, now = new_id(), system_now()
        row = {
            "id": export_id,
            "owner": user_id,
            "state": ExportState.REQUESTED,
            "next_attempt_at": now,
            "requested_at": business_now(),
            "expires_at": now + LIFE,
        }
        suffix = "ON CONFLICT (owner) WHERE state = 'REQUESTED' DO NOTHING"
        if not await insert(tables.DataExport, row, suffix):
            raise LimitReached("Your data is being put together already: we write to you")
        await queue.enqueue(queue.Job.DATA_EXPORT, str(export_id))
        await audit.record(actor, "export.request", export_id)

    await db.run_in_transaction(write)


async def find_last_export(user_id: UserId) -> DataExport | None:
    sql = f"{_EXPORT} WHERE owner = $1 ORDER BY id DESC LIMIT 1"
    return await db.find_one(DataExport, sql, user_id)


async def open_last_export(actor: Actor, current_password: str | None) -> DataExport:
    """To be fetched; asks for the password. Raises Invalid when none is ready."""
    user_id = actor.require_user()
    await require_confirmed(actor, current_password)
    sql = f"{_EXPORT} WHERE owner = $1 AND state = 'READY' AND expires_at > $2 ORDER BY id DESC"
    found = await db.find_one(DataExport, sql, user_id, system_now())
    if found is None:
        raise Invalid("There is no export to download any more: ask for a new one")
    await audit.record(actor, "export.download", found.id)
    return found


_REQUESTED = f"{_EXPORT} WHERE id = $1 AND state = 'REQUESTED'"


async def find_requested(export_id: ExportId) -> DataExport | None:
    """None if it was made."""
    return await db.find_one(DataExport, _REQUESTED, export_id)


async def lock_requested(export_id: ExportId) -> DataExport | None:
    """None if it was made, or another worker is making it. Until the transaction ends."""
    sql = f"{_REQUESTED} FOR NO KEY UPDATE SKIP LOCKED"
    return await db.find_one(DataExport, sql, export_id)


async def store_archive(export_id: ExportId, archive: IO[bytes]) -> None:
    """In the caller's transaction: the archive in parts, and that it is ready."""
    expires_at, position, size = system_now() + LIFE, 0, 0
    while content := archive.read(_CHUNK):
        row = {"id": new_id(), "export": export_id, "position": position, "content": content}
        await insert(tables.DataExportChunk, {**row, "expires_at": expires_at})
        position, size = position + 1, size + len(content)
    sql = """
        UPDATE data_export SET state = 'READY', size = $2, ready_at = $3, expires_at = $4,
            last_error = NULL WHERE id = $1
    """
    await db.execute(sql, export_id, size, business_now(), expires_at)


async def read_archive(export_id: ExportId) -> AsyncIterator[bytes]:
    """Part by part, so that no more than one is in memory."""
    position = 0
    sql = "SELECT content FROM data_export_chunk WHERE export = $1 AND position = $2"
    while content := await db.fetch_value(sql, export_id, position):
        yield content
        position += 1


async def record_export_failure(export_id: ExportId, error: str) -> None:
    """Schedules the next attempt."""
    sql = f"""
        UPDATE data_export SET attempts = attempts + 1, last_error = $2,
            next_attempt_at = $3::timestamptz + {BACKOFF}
        WHERE id = $1
    """  # noqa: S608 - texts of ours
    await db.execute(sql, export_id, error[:500], system_now())


class _Id(msgspec.Struct, frozen=True):
    id: ExportId


async def list_exports_due(*, limit: int = 200) -> list[ExportId]:
    sql = """
        SELECT id FROM data_export WHERE state = 'REQUESTED' AND next_attempt_at <= $2
        ORDER BY next_attempt_at LIMIT $1
    """
    return [row.id for row in await db.fetch_all(_Id, sql, limit, system_now())]
