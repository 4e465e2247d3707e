"""Operations that are not settled: which are due, which wait, and when repair checks them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from chenu.core import db
from chenu.core.clock import system_now
from chenu.ledger.operations import OperationId, OperationKind


class _Id(msgspec.Struct, frozen=True):
    id: OperationId


async def list_due(now: datetime, *, limit: int = 200) -> list[OperationId]:
    """Open operations that repair must check now, the most overdue first."""
    sql = """
        SELECT id FROM operation
        WHERE state IN ('INTENT', 'UNKNOWN') AND next_check_at <= $1
        ORDER BY next_check_at LIMIT $2
    """
    return [row.id for row in await db.fetch_all(_Id, sql, now, limit)]


async def list_open(*, limit: int = 1000) -> list[OperationId]:
    """All open operations, for the start of a worker."""
    sql = "SELECT id FROM operation WHERE state IN ('INTENT', 'UNKNOWN') ORDER BY id LIMIT $1"
    return [row.id for row in await db.fetch_all(_Id, sql, limit)]


async def reschedule(kind: OperationKind, subject_ids: Collection[UUID]) -> None:
    """Makes the open operations of these rows due now."""
    sql = """
        UPDATE operation SET next_check_at = $3
        WHERE subject_id = ANY($2) AND kind = $1 AND state IN ('INTENT', 'UNKNOWN')
    """
    await db.execute(sql, kind, list(subject_ids), system_now())


async def reschedule_overdue() -> None:
    """Open operations that should have been checked long ago are due now."""
    sql = """
        UPDATE operation SET next_check_at = $1
        WHERE state IN ('INTENT', 'UNKNOWN') AND next_check_at < $1
    """
    await db.execute(sql, system_now())


class _Subject(msgspec.Struct, frozen=True):
    id: UUID


async def find_subjects(subject_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of these rows that have an operation which was not refused."""
    sql = """
        SELECT DISTINCT subject_id AS id FROM operation
        WHERE subject_id = ANY($1) AND state <> 'FAILED'
    """
    return frozenset(row.id for row in await db.fetch_all(_Subject, sql, list(subject_ids)))


async def has_open(subject_ids: Collection[UUID], account_ids: Collection[UUID]) -> bool:
    """About these rows or for these accounts, except what their purchases' sellers are owed."""
    sql = """
        SELECT EXISTS (SELECT 1 FROM operation
            WHERE (subject_id = ANY($1) OR account_id = ANY($2))
                AND state IN ('INTENT', 'UNKNOWN') AND kind <> 'TRANSFER')
    """
    return bool(await db.fetch_value(sql, list(subject_ids), list(account_ids)))


class StateCount(msgspec.Struct, frozen=True):
    kind: str
    state: str
    count: int


async def count_by_state() -> list[StateCount]:
    sql = "SELECT kind, state, count(*) AS count FROM operation GROUP BY kind, state"
    return await db.fetch_all(StateCount, sql)
