"""The rows behind a metric: what its parts are sums of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chenu.accounts.actor import AccountId
from chenu.analytics.parts import Part
from chenu.analytics.sources import SOURCES
from chenu.analytics.spans import MetricSpan, span_of
from chenu.core import db
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Key, Page, PageRequest, by_time


@dataclass(frozen=True, slots=True)
class MetricRow:
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
    span = span_of(on)
    select = f"SELECT {_COLUMNS} FROM {_rows_of(part, _OF_SPAN)}"  # noqa: S608 - texts of ours
    return await fetch_page(
        MetricRow, select, "true", span.since, span.before, page=page, order=_ORDER
    )


async def count_rows(part: Part, on: date) -> int:
    """At most 1,001: more are not counted."""
    span = span_of(on)
    sql = f"""
        SELECT count(*) FROM (SELECT 1 FROM {_rows_of(part, _OF_SPAN)} LIMIT 1001) counted
    """  # noqa: S608 - texts of ours
    return int(await db.fetch_value(sql, span.since, span.before))


def _rows_of(part: Part, spans: str) -> str:
    return f"{spans} CROSS JOIN LATERAL ({SOURCES[part]}) r"


@dataclass(frozen=True, slots=True)
class _Sum:
    place: int
    part: Part
    amount: int


async def sum_parts(spans: Sequence[MetricSpan]) -> list[Mapping[Part, int]]:
    """Of each span the sums of all parts that are made of rows, in one statement."""
    numbered = """
        unnest($1::timestamptz[], $2::timestamptz[]) WITH ORDINALITY AS span (since, before, place)
    """
    sums = " UNION ALL ".join(
        f"""
        SELECT span.place, '{part}' AS part, coalesce(sum(r.amount), 0)::bigint AS amount
        FROM {numbered} LEFT JOIN LATERAL ({source}) r ON true GROUP BY span.place
        """  # noqa: S608 - texts of ours
        for part, source in SOURCES.items()
    )
    found: list[dict[Part, int]] = [{} for _ in spans]
    since, before = [span.since for span in spans], [span.before for span in spans]
    for each in await db.fetch_all(_Sum, sums, since, before):
        found[each.place - 1][each.part] = each.amount
    return [*found]
