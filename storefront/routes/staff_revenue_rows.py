"""The rows that a figure of the revenue page is made of, page by page and as a file."""

from collections.abc import AsyncIterator, Sequence

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from chenu.accounts.actor import AccountId, Actor, Staff
from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.accounts.queries import list_accounts
from chenu.accounts.replica_reads import replica_reads
from chenu.analytics.definitions import DEFINITIONS
from chenu.analytics.formulas import compute
from chenu.analytics.model import Metric, Unit
from chenu.analytics.parts import METRIC_PARTS, PARTS, Part
from chenu.analytics.rows import MetricRow, list_rows, row_key, sum_parts
from chenu.analytics.spans import span_of
from chenu.analytics.words import show_value
from chenu.core.errors import Invalid, NotFound
from chenu.core.i18n import mark
from chenu.core.paging import Key, PageRequest
from chenu.core.recent_writes import RecentWrites
from chenu.core.staleness import ReadKind
from chenu.flows.services import Services
from storefront.access import FINANCE, WITHOUT_METER
from storefront.csv_export import Cell, in_euros, send_csv
from storefront.forms import Fields, HttpRequest, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.revenue_period import PATH, RevenuePeriod, read_period

_ROWS = f"{PATH}/rows/{{metric:str}}"
_PAGE_SIZE = 50
_BATCH = 1_000
_FILE = mark("revenue")

HEAD = (
    mark("Time (UTC)"),
    mark("Customer"),
    mark("Account"),
    mark("What"),
    mark("Amount, EUR"),
    mark("Count"),
)


class _Asked(msgspec.Struct, frozen=True):
    """A figure as of the end of a month, and which of its parts to show."""

    metric: Metric
    part: Part
    period: RevenuePeriod

    def url(self, part: Part | None = None) -> str:
        return f"{self.period.rows_url(self.metric)}&part={part or self.part}"

    @property
    def file_url(self) -> str:
        stem, _, query = self.url().partition("?")
        return f"{stem}/export.csv?{query}"

    @property
    def unit(self) -> Unit:
        return PARTS[self.part].unit


def _read(metric: str, query: Fields) -> _Asked:
    """Its first part where none is named. Raises NotFound, Invalid."""
    if metric.upper() not in set(Metric):
        raise NotFound("There is no such figure")
    found = Metric(metric.upper())
    parts, typed = METRIC_PARTS[found], query.text("part")
    if typed and typed not in parts:
        message = mark("Please choose one of: {allowed}")
        raise Invalid(message, path=("part",), allowed=", ".join(parts))
    return _Asked(found, Part(typed) if typed else parts[0], read_period(query))


@get(_ROWS, opt=FINANCE)
async def show_rows(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    metric: FromPath[str],
) -> Page:
    query = read_query(request)
    asked = _read(metric, query)
    day = asked.period.day
    cursors = pages.cursors.of_list("revenue rows", asked.part, str(asked.period.last))
    pager = Pager(cursors, asked.url(), _PAGE_SIZE)
    async with replica_reads(pages.request_context.actor, services.recent_writes, ReadKind.FIGURES):
        found = await list_rows(asked.part, day, pager.read(query))
        [sums] = await sum_parts([span_of(day)])
    definition = DEFINITIONS[asked.metric]
    page = pages.show(
        "staff/revenue_rows.html",
        asked=asked,
        definition=definition,
        value=show_value(definition.unit, compute(asked.metric, sums), pages.locale),
        parts=[(each, PARTS[each].title) for each in METRIC_PARTS[asked.metric]],
        total=show_value(asked.unit, sums[asked.part], pages.locale),
        rows=found.rows,
        names=await _name_accounts(found.rows),
        may_open=pages.request_context.actor.has_staff(Staff.SUPPORT),
        links=pager.links(found, row_key),
    )
    await _record_read(pages, asked)
    return page


async def _record_read(pages: Pages, asked: _Asked) -> None:
    reads = [StaffRead("revenue rows", f"{asked.metric} {asked.part} {asked.period.last}")]
    await record_staff_reads(pages.request_context.actor, reads)


async def _name_accounts(rows: Sequence[MetricRow]) -> dict[AccountId, str]:
    ids = sorted({row.account_id for row in rows if row.account_id is not None})
    return {account.id: account.name for account in await list_accounts(ids)} if ids else {}


@get(f"{_ROWS}/export.csv", opt=FINANCE | WITHOUT_METER)
async def download_rows(
    request: HttpRequest,
    pages: NamedDependency[Pages],
    services: NamedDependency[Services],
    metric: FromPath[str],
) -> Stream:
    asked = _read(metric, read_query(request))
    await _record_read(pages, asked)
    name = f"chenu-{pages.say(_FILE)}-{asked.part.lower().replace('_', '-')}-{asked.period.day}.csv"
    head = [pages.say(title) for title in HEAD]
    batches = _list_cells(asked, pages.request_context.actor, services.recent_writes)
    return send_csv(name, head, batches, pages.locale)


async def _list_cells(
    asked: _Asked, actor: Actor, writes: RecentWrites
) -> AsyncIterator[list[Sequence[Cell]]]:
    key: Key | None = None
    while True:
        async with replica_reads(actor, writes, ReadKind.EXPORTS):
            batch = await list_rows(asked.part, asked.period.day, PageRequest(_BATCH, key))
            names = await _name_accounts(batch.rows)
        yield [_list_cells_of(row, names, asked.unit) for row in batch.rows]
        if not batch.has_next:
            return
        key = row_key(batch.rows[-1])


def _list_cells_of(row: MetricRow, names: dict[AccountId, str], unit: Unit) -> Sequence[Cell]:
    is_money = unit is Unit.CENTS
    return (
        row.at.isoformat(timespec="seconds"),
        names.get(row.account_id) if row.account_id else None,
        str(row.account_id) if row.account_id else None,
        row.words,
        in_euros(row.amount) if is_money else None,
        None if is_money else row.amount,
    )
