"""The rows behind a metric: what its parts are sums of."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.analytics.parts import Part
from chenu.analytics.sources import SINCE_EVER, SOURCES
from chenu.analytics.spans import MetricSpan, span_of
from chenu.analytics.totals import ROLLED, sum_rollup
from chenu.core import db
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Key, Page, PageRequest, by_time


class MetricRow(msgspec.Struct, frozen=True):
    """`amount` is in the part's unit: cents, or 1. `words` is a code, number or name of ours.

    `account_id` None: no customer's.
    """

    id: UUID
    at: datetime
    account_id: AccountId | None
    words: str
    amount: int


_ORDER = by_time("r.at", "r.id")
_COLUMNS = "r.id, r.at, r.account_id, r.words, r.amount"
_OF_SPAN = "(SELECT $1::timestamptz AS since, $2::timestamptz AS before) span"


def row_key(row: MetricRow) -> Key:
    """Where a page after or before this row goes on."""
    return row.at.isoformat(), str(row.id)


async def list_rows(part: Part, on: date, page: PageRequest) -> Page[MetricRow]:
    """The newest first."""
    span = _span_of(part, on)
    select = f"SELECT {_COLUMNS} FROM {_rows_of(part, _OF_SPAN)}"  # noqa: S608 - texts of ours
    return await fetch_page(
        MetricRow, select, "true", span.since, span.before, page=page, order=_ORDER
    )


async def count_rows(part: Part, on: date) -> int:
    """At most 1,001: more are not counted."""
    span = _span_of(part, on)
    sql = f"""
        SELECT count(*) FROM (SELECT 1 FROM {_rows_of(part, _OF_SPAN)} LIMIT 1001) counted
    """  # noqa: S608 - texts of ours
    return int(await db.fetch_value(sql, span.since, span.before))


def _span_of(part: Part, on: date) -> MetricSpan:
    span = span_of(on)
    return span.since_ever if part in SINCE_EVER else span


def _rows_of(part: Part, spans: str) -> str:
    return f"{spans} CROSS JOIN LATERAL ({SOURCES[part]}) r"


class _Sum(msgspec.Struct, frozen=True):
    place: int
    part: Part
    amount: int


_NUMBERED = """
    unnest($1::timestamptz[], $2::timestamptz[], $3::timestamptz[])
        WITH ORDINALITY AS each (month, before, ever, place)
    CROSS JOIN LATERAL (SELECT each.{since} AS since, each.before AS before) span
"""


def _sum_of(part: Part) -> str:
    since = "ever" if part in SINCE_EVER else "month"
    return f"""
        SELECT each.place, '{part}' AS part, coalesce(sum(r.amount), 0)::bigint AS amount
        FROM {_NUMBERED.format(since=since)} LEFT JOIN LATERAL ({SOURCES[part]}) r ON true
        GROUP BY each.place
    """  # noqa: S608 - texts of ours


_SUMS = " UNION ALL ".join(_sum_of(part) for part in Part if part not in ROLLED)


async def sum_parts(spans: Sequence[MetricSpan]) -> list[Mapping[Part, int]]:
    """Of each span the sums of all parts, in two statements."""
    found: list[dict[Part, int]] = [dict(totals) for totals in await sum_rollup(spans)]
    months, ends = [span.since for span in spans], [span.before for span in spans]
    ever = [span.since_ever.since for span in spans]
    for each in await db.fetch_all(_Sum, _SUMS, months, ends, ever):
        found[each.place - 1][each.part] = each.amount
    return [*found]
