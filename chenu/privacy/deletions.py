"""Deletions of people: a row from when their data is gone here until Stripe was told of it."""

from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import UserId
from chenu.core import db, queue
from chenu.core.backoff import BACKOFF
from chenu.core.clock import business_now, system_now
from chenu.core.ids import new_id
from chenu.core.rows import Columns, insert
from chenu.privacy import tables

DeletionId = NewType("DeletionId", UUID)


class PersonDeletion(msgspec.Struct, frozen=True):
    id: DeletionId
    user_id: UserId


_COLUMNS = Columns(PersonDeletion, tables.PersonDeletion, user_id="person").select()


async def record_deletion(user_id: UserId) -> DeletionId:
    """In the transaction that deletes; a job goes on from there."""
    deletion_id = DeletionId(new_id())
    row = {
        "id": deletion_id,
        "person": user_id,
        "next_attempt_at": system_now(),
        "requested_at": business_now(),
    }
    await insert(tables.PersonDeletion, row)
    await queue.enqueue(queue.Job.PERSON_DELETION, str(deletion_id))
    return deletion_id


async def find_unfinished(deletion_id: DeletionId) -> PersonDeletion | None:
    sql = f"SELECT {_COLUMNS} FROM person_deletion WHERE id = $1 AND finished_at IS NULL"  # noqa: S608 - own columns
    return await db.find_one(PersonDeletion, sql, deletion_id)


async def mark_finished(deletion_id: DeletionId) -> None:
    sql = "UPDATE person_deletion SET finished_at = $2, last_error = NULL WHERE id = $1"
    await db.execute(sql, deletion_id, business_now())


async def record_deletion_failure(deletion_id: DeletionId, error: str) -> None:
    """Schedules the next attempt."""
    sql = f"""
        UPDATE person_deletion SET attempts = attempts + 1, last_error = $2,
            next_attempt_at = $3::timestamptz + {BACKOFF}
        WHERE id = $1
    """  # noqa: S608 - texts of ours
    await db.execute(sql, deletion_id, error[:500], system_now())


class _Id(msgspec.Struct, frozen=True):
    id: DeletionId


async def list_deletions_due(*, limit: int = 200) -> list[DeletionId]:
    sql = """
        SELECT id FROM person_deletion WHERE finished_at IS NULL AND next_attempt_at <= $2
        ORDER BY next_attempt_at LIMIT $1
    """
    return [row.id for row in await db.fetch_all(_Id, sql, limit, system_now())]


class _Person(msgspec.Struct, frozen=True):
    person: UserId


async def list_deleted_people() -> list[UserId]:
    """All of them, for what comes back out of a file."""
    sql = "SELECT DISTINCT person FROM person_deletion"
    return [row.person for row in await db.fetch_all(_Person, sql)]
