"""What used the account's tokens in a month: by agent, by day, entry by entry, and as CSV."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream

from chenu.accounts.actor import AccountId
from chenu.accounts.replica_reads import replica_reads
from chenu.core.clock import business_now
from chenu.core.i18n import mark
from chenu.core.months import Month, month_of, read_month
from chenu.core.paging import Key, PageRequest
from chenu.core.staleness import ReadKind
from chenu.flows.services import Services
from chenu.tokens.statement import (
    StatementEntry,
    find_first_month,
    get_statement,
    list_archived_months,
    list_statement,
    require_statement,
)
from storefront.access import SIGNED_IN, WITHOUT_METER
from storefront.csv_export import Cell, send_csv
from storefront.forms import Fields, HttpRequest, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.routes.tokens import name_agents
from storefront.token_words import ENTRY_KINDS, GRANT_KINDS, NO_GRANT
from storefront.visitor import account_of

PAGE_SIZE = 50
_BATCH = 1_000
_MOST_MONTHS = 36

HEAD = (
    mark("Time (UTC)"),
    mark("Entry"),
    mark("Tokens"),
    mark("Balance"),
    mark("What for"),
    mark("Agent"),
    mark("Run"),
    mark("Which tokens"),
    mark("Grant"),
    mark("Grant expires (UTC)"),
)


@get("/tokens/statement", opt=SIGNED_IN)
async def show_statement(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    """The first page of the running month follows what is used (`is_live`)."""
    account_id = account_of(pages.request_context.actor)
    query = read_query(request)
    month = _read_month(query)
    cursors = pages.cursors.of_list("token statement", account_id, str(month))
    pager = Pager(cursors, f"/tokens/statement?month={month}", PAGE_SIZE, anchor="#entries")
    entries = await list_statement(account_id, month, pager.read(query))
    links = pager.links(entries, _key)
    statement = await get_statement(account_id, month)
    agents = [entry.agent_id for entry in entries.rows]
    agents += [use.agent_id for use in statement.by_agent]
    return pages.show(
        "tokens/_statement.html" if pages.is_fragment else "tokens/statement.html",
        statement=statement,
        months=[] if pages.is_fragment else await _list_months(account_id, month),
        is_live=month == month_of(business_now()) and links.previous is None,
        entries=entries.rows,
        agent_names=await name_agents(pages, agents),
        links=links,
    )


def _read_month(query: Fields) -> Month:
    """Raises Invalid."""
    text = query.text("month")
    return read_month(text) if text else month_of(business_now())


async def _list_months(account_id: AccountId, chosen: Month) -> list[Month]:
    """From now back to the first entry, without those that are archived; the chosen one in any
    case.
    """
    month = month_of(business_now())
    first = await find_first_month(account_id) or month
    found = [month]
    while month > first and len(found) < _MOST_MONTHS:
        month = month.previous()
        found.append(month)
    archived = await list_archived_months()
    found = [each for each in found if each not in archived]
    return found if chosen in found else sorted([*found, chosen], reverse=True)


def _key(entry: StatementEntry) -> Key:
    return (entry.created_at.isoformat(), str(entry.id))


@get("/tokens/statement.csv", opt=SIGNED_IN | WITHOUT_METER)
async def download_statement(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Stream:
    account_id = account_of(pages.request_context.actor)
    month = _read_month(read_query(request))
    await require_statement(month)
    name = f"chenu-{pages.say(mark('tokens'))}-{month}.csv"
    head = [pages.say(title) for title in HEAD]
    return send_csv(name, head, _list_rows(pages, services, account_id, month), pages.locale)


async def _list_rows(
    pages: Pages, services: Services, account_id: AccountId, month: Month
) -> AsyncIterator[list[Sequence[Cell]]]:
    actor, writes = pages.request_context.actor, services.recent_writes
    key: Key | None = None
    while True:
        async with replica_reads(actor, writes, ReadKind.EXPORTS):
            batch = await list_statement(account_id, month, PageRequest(_BATCH, key))
            names = await name_agents(pages, [entry.agent_id for entry in batch.rows])
        yield [_row(pages, entry, names) for entry in batch.rows]
        if not batch.has_next:
            return
        key = _key(batch.rows[-1])


def _row(pages: Pages, entry: StatementEntry, names: dict[UUID, str]) -> Sequence[Cell]:
    expires = entry.grant_expires_at
    return (
        entry.created_at.isoformat(timespec="seconds"),
        pages.say(ENTRY_KINDS[entry.kind]),
        entry.amount,
        entry.balance_after if entry.is_of_wallet else None,
        pages.say(entry.reason),
        names.get(entry.agent_id, str(entry.agent_id)) if entry.agent_id else None,
        str(entry.execution_id) if entry.execution_id else None,
        pages.say(GRANT_KINDS[entry.grant_kind] if entry.grant_kind else NO_GRANT),
        str(entry.grant_id) if entry.grant_id else None,
        expires.isoformat(timespec="seconds") if expires else None,
    )
