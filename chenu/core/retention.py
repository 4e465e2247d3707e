"""How long the rows of a growing table are stored, and the purge that enforces it.

Each feature declares its own tables in its `retention.py`; chenu/jobs/purge.py runs them all.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.month_partitions import drop_partitions, list_partitions

_BATCH = 500
_MOST_BATCHES = 200


class Retention(msgspec.Struct, frozen=True):
    """`age` is the indexed SQL time that is compared.

    `only` is a condition on rows that may be deleted. `month`: the table is split by months of this
    column, and a month goes as a whole once all of it is old enough.
    """

    table: str
    keep: timedelta
    age: str
    why: str
    only: str = "true"
    clock: Callable[[], datetime] = system_now
    month: str | None = None


class Forever(msgspec.Struct, frozen=True):
    """Rows that no purge deletes; `why` says what needs them, or what bounds their number."""

    table: str
    why: str


MAILS_STORED = timedelta(days=90)
BOOKS = "evidence of money: commercial books are stored for at least ten years"
PEOPLE = "as many as there are people and what they made; deleted with them, not by age"

RETENTIONS: tuple[Retention | Forever, ...] = (
    Retention(
        "outbox_mail",
        MAILS_STORED,
        "created_at",
        "what was mailed to whom, for questions about it",
        only="state <> 'QUEUED'",
        clock=business_now,
    ),
    Retention("pgqueuer_log", timedelta(days=14), "created", "how jobs ended, for finding faults"),
    Retention(
        "pgqueuer",
        timedelta(days=30),
        "created",
        "a job that has failed for so long is given up; what must happen is in rows",
        only="status = 'queued' AND attempts > 0",
    ),
    Forever("pgqueuer_schedules", "nothing is written to it"),
    Forever("pgqueuer_statistics", "nothing is written to it"),
    Forever("mail_preference", "at most one an address and topic; deleted with the person"),
    Forever("scheduled_task", "a row a recurring task"),
    Forever("business_clock", "one row, of demo and tests"),
    Forever("primary_timeline", "one row: how often there was another primary"),
    Forever("schema_floor", "one row: which code may run"),
    Forever("migration", "a row a migration"),
    Forever("archived_month", "a row a month of a table: what its file must say"),
)


async def purge(retention: Retention) -> int:
    """Deletes expired rows in small batches, each a transaction; returns the number deleted.

    Rows that are locked wait for the next purge. Months that are dropped are not counted.
    """
    before = retention.clock() - retention.keep
    if retention.month is not None:
        return await _purge_months(retention, retention.month, before)
    sql = f"""
        DELETE FROM {retention.table} WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM {retention.table}
            WHERE {retention.only} AND {retention.age} < $1
            ORDER BY {retention.age} LIMIT {_BATCH} FOR NO KEY UPDATE SKIP LOCKED))
    """  # noqa: S608 - texts of ours
    return await _delete(sql, before)


async def _purge_months(retention: Retention, month: str, before: datetime) -> int:
    """Row by row only what was there before the table was split, which is more than a month.

    By id: a ctid is one of each partition.
    """
    await drop_partitions(retention.table, before)
    first = (await list_partitions(retention.table))[0]
    if first.starts_at is not None:
        return 0
    sql = f"""
        DELETE FROM {retention.table} WHERE {month} < $2 AND id = ANY (ARRAY(
            SELECT id FROM {retention.table}
            WHERE {retention.only} AND {retention.age} < $1 AND {month} < $2
            ORDER BY {retention.age} LIMIT {_BATCH} FOR NO KEY UPDATE SKIP LOCKED))
    """  # noqa: S608 - texts of ours
    return await _delete(sql, before, first.ends_at)


async def _delete(sql: str, *args: datetime) -> int:
    deleted = 0
    for _ in range(_MOST_BATCHES):
        batch = await db.execute(sql, *args)
        deleted += batch
        if batch < _BATCH:
            break
    return deleted
