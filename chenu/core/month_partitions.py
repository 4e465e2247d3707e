"""Tables split by calendar months of UTC: months are made ahead, and dropped as a whole.

migrations/sql/months.sql has the functions; docs/decisions/0095.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog

from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.months import Month, month_of

log = structlog.get_logger(__name__)

MONTHS_AHEAD = 6
"""So many months after the running one have their partitions: the worker may be away for long."""


class Partition(msgspec.Struct, frozen=True):
    """A month of a table, from `starts_at` (None: from the beginning) until before `ends_at`."""

    name: str
    starts_at: datetime | None
    ends_at: datetime


class SplitTable(msgspec.Struct, frozen=True):
    """`last_end`: from then on its rows have no place."""

    name: str
    last_end: datetime

    @property
    def months_ahead(self) -> int:
        """Whole months after the running one; below zero once that has no place any more."""
        last, running = month_of(self.last_end), month_of(_latest_now())
        return (last.year - running.year) * 12 + last.month - running.month - 1


def _latest_now() -> datetime:
    """Tables are split by business time or by the system's; a demo's may be the earlier of them."""
    return max(business_now(), system_now())


async def list_split_tables() -> Sequence[SplitTable]:
    """By name."""
    sql = """
        SELECT c.relname::text AS name, max(m.ends_at) AS last_end
        FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
        CROSS JOIN LATERAL list_months(c.oid::regclass) m GROUP BY 1 ORDER BY 1
    """
    return await db.fetch_all(SplitTable, sql)


async def list_partitions(table: str) -> Sequence[Partition]:
    """The oldest first."""
    sql = "SELECT name, starts_at, ends_at FROM list_months($1::text::regclass)"
    return await db.fetch_all(Partition, sql, table)


async def add_partitions() -> None:
    """Makes what is missing ahead, of every table even if one fails; raises at the end."""
    until = _months_later(month_of(_latest_now()), MONTHS_AHEAD + 1).start
    failures: list[Exception] = []
    for table in await list_split_tables():
        try:
            sql = "SELECT add_months($1::text::regclass, $2)"
            made = await db.fetch_value(sql, table.name, until)
        except Exception as error:
            log.warning("months_not_added", table=table.name, error=type(error).__name__)
            failures.append(error)
            continue
        if made:
            log.info("months_added", table=table.name, months=made)
    if failures:
        raise failures[0]


def _months_later(month: Month, count: int) -> Month:
    for _ in range(count):
        month = month.next()
    return month


async def drop_partitions(table: str, before: datetime) -> int:
    """Those that ended before and in which nothing waits; how many. They go with their rows."""
    sql = "SELECT drop_months($1::text::regclass, $2)"
    return int(await db.fetch_value(sql, table, before))
