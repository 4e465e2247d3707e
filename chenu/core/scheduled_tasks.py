"""The rows of recurring work: when it is due, which worker runs it, and how the last run ended.

A claim is a lease, so that the task of a worker that dies becomes available again.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.errors import NotFound
from chenu.core.recurrence import Recurrence
from chenu.core.rows import Columns
from chenu.core.tables import ScheduledTask

LEASE = timedelta(seconds=30)
"""Renewed while the task runs; afterwards another worker may claim it."""
_FIRST_RETRY = timedelta(seconds=5)


class Turn(msgspec.Struct, frozen=True):
    """A claimed run: the time for which it is due, and how often it has failed."""

    name: str
    worker: UUID
    due_at: datetime
    failures: int


class _Name(msgspec.Struct, frozen=True):
    name: str


class _Claimed(msgspec.Struct, frozen=True):
    due_at: datetime
    failures: int


async def add_missing(recurrences: Mapping[str, Recurrence]) -> None:
    """Adds a row for each task that has none; existing rows keep their due times."""
    now = business_now()
    sql = """
        INSERT INTO scheduled_task (name, due_at, failures)
        SELECT name, due_at, 0 FROM unnest($1::text[], $2::timestamptz[]) AS task (name, due_at)
        ON CONFLICT (name) DO NOTHING
    """
    first = [recurrence.first(now) for recurrence in recurrences.values()]
    await db.execute(sql, list(recurrences), first)


_IS_CLAIMABLE = """
    due_at <= $1 AND (next_attempt_at IS NULL OR next_attempt_at <= $2)
    AND (claimed_until IS NULL OR claimed_until <= $2)
"""


async def list_claimable() -> list[str]:
    """Tasks that are due, not claimed, and not waiting for a retry."""
    sql = f"SELECT name FROM scheduled_task WHERE {_IS_CLAIMABLE}"  # noqa: S608 - own text
    return [row.name for row in await db.fetch_all(_Name, sql, business_now(), system_now())]


async def count_unfinished(names: Iterable[str]) -> int:
    """Those of them that are due or running; not what failed and waits for a retry."""
    sql = """
        SELECT count(*) FROM scheduled_task WHERE name = ANY($1) AND due_at <= $2
            AND (next_attempt_at IS NULL OR next_attempt_at <= $3)
    """
    return int(await db.fetch_value(sql, list(names), business_now(), system_now()))


async def claim(name: str, worker: UUID) -> Turn | None:
    """The run, claimed for this worker; None if it is not due or another worker has it."""
    sql = f"""
        UPDATE scheduled_task SET claimed_by = $4, claimed_until = $5, last_started_at = $2
        WHERE name = $3 AND {_IS_CLAIMABLE} RETURNING due_at, failures
    """  # noqa: S608 - own text
    now = system_now()
    found = await db.find_one(_Claimed, sql, business_now(), now, name, worker, now + LEASE)
    return None if found is None else Turn(name, worker, found.due_at, found.failures)


async def renew(turn: Turn) -> None:
    """Extend the lease of a run that is still going on."""
    sql = "UPDATE scheduled_task SET claimed_until = $3 WHERE name = $1 AND claimed_by = $2"
    await db.execute(sql, turn.name, turn.worker, system_now() + LEASE)


async def finish(turn: Turn, recurrence: Recurrence, error: str | None) -> None:
    """Sets the next due time; after an error, the same run is retried with growing delays."""
    now, retry_at, failures, due_at = system_now(), None, 0, turn.due_at
    if error is None:
        due_at = recurrence.following(turn.due_at, business_now())
    else:
        wait = _FIRST_RETRY * 2 ** min(turn.failures, 20)
        retry_at = now + min(wait, recurrence.longest_retry)
        failures = turn.failures + 1
    sql = """
        UPDATE scheduled_task SET due_at = $3, failures = $4, last_error = $5,
            next_attempt_at = $6, last_finished_at = $7, claimed_by = NULL, claimed_until = NULL
        WHERE name = $1 AND claimed_by = $2
    """
    await db.execute(sql, turn.name, turn.worker, due_at, failures, error, retry_at, now)


async def hasten(names: Iterable[str]) -> None:
    """These are due at once, for a demo whose clock was moved to what they do."""
    sql = "UPDATE scheduled_task SET due_at = $2 WHERE name = ANY($1) AND due_at > $2"
    await db.execute(sql, list(names), business_now())


class TaskRow(msgspec.Struct, frozen=True):
    """`due_at` is business time, the rest system time; `failures` since the last success."""

    name: str
    due_at: datetime
    failures: int
    last_error: str | None
    next_attempt_at: datetime | None
    last_started_at: datetime | None
    last_finished_at: datetime | None
    claimed_until: datetime | None


_ROWS = Columns(TaskRow, ScheduledTask).select()


async def list_tasks() -> list[TaskRow]:
    """What fails first, then by name."""
    sql = f"SELECT {_ROWS} FROM scheduled_task ORDER BY failures = 0, name LIMIT 500"  # noqa: S608 - own columns
    return await db.fetch_all(TaskRow, sql)


async def get_task(name: str, *, lock: bool = False) -> TaskRow:
    """Raises NotFound."""
    suffix = "FOR NO KEY UPDATE" if lock else ""
    sql = f"SELECT {_ROWS} FROM scheduled_task WHERE name = $1 {suffix}"  # noqa: S608 - own columns
    found = await db.find_one(TaskRow, sql, name)
    if found is None:
        raise NotFound("There is no such task")
    return found


async def retry_now(name: str) -> None:
    """The retry of a run that failed is due at once, for the time that it was due for."""
    sql = "UPDATE scheduled_task SET next_attempt_at = $2 WHERE name = $1 AND failures > 0"
    await db.execute(sql, name, system_now())


async def find_next_due(names: Iterable[str]) -> datetime | None:
    """The earliest due time of these tasks; it may be in the past."""
    sql = "SELECT min(due_at) FROM scheduled_task WHERE name = ANY($1)"
    wanted: Sequence[str] = list(names)
    found: datetime | None = await db.fetch_value(sql, wanted)
    return found
