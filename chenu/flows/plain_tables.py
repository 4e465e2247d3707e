"""Tables that administrators read as they are, of every feature."""

from collections.abc import Mapping

from chenu.accounts import plain_tables as accounts
from chenu.accounts.actor import Actor, Staff
from chenu.affiliates import plain_tables as affiliates
from chenu.agents import plain_tables as agents
from chenu.analytics import plain_tables as analytics
from chenu.availability import plain_tables as availability
from chenu.billing import plain_tables as billing
from chenu.core import own_plain_tables as core
from chenu.core.errors import NotFound
from chenu.core.paging import Page, PageRequest
from chenu.core.plain_tables import PlainRow, PlainTable, find_plain_row, list_plain_rows
from chenu.ledger import plain_tables as ledger
from chenu.metering import plain_tables as metering
from chenu.roi import plain_tables as roi
from chenu.tokens import plain_tables as tokens

PLAIN_TABLES: Mapping[str, PlainTable] = {
    table.name: table
    for table in (
        *accounts.PLAIN_TABLES,
        *billing.PLAIN_TABLES,
        *agents.PLAIN_TABLES,
        *tokens.PLAIN_TABLES,
        *affiliates.PLAIN_TABLES,
        *analytics.PLAIN_TABLES,
        *availability.PLAIN_TABLES,
        *ledger.PLAIN_TABLES,
        *metering.PLAIN_TABLES,
        *roi.PLAIN_TABLES,
        *core.PLAIN_TABLES,
    )
}


def get_plain_table(name: str) -> PlainTable:
    """Raises NotFound for every table that is not declared."""
    found = PLAIN_TABLES.get(name)
    if found is None:
        raise NotFound("There is no such table here")
    return found


async def page_plain_table(actor: Actor, table: PlainTable, page: PageRequest) -> Page[PlainRow]:
    """Raises Forbidden."""
    actor.require_staff(Staff.ADMIN)
    return await list_plain_rows(table, page)


async def search_plain_table(actor: Actor, table: PlainTable, key: str) -> Page[PlainRow]:
    """The row with this id, alone; no row where there is none. Raises Forbidden."""
    actor.require_staff(Staff.ADMIN)
    found = await find_plain_row(table, key.strip())
    return Page([found] if found else [], has_next=False, has_previous=False)
