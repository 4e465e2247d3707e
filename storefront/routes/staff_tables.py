"""Tables as they are, for administrators: to be read only, paged by key."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.flows.plain_tables import (
    PLAIN_TABLES,
    get_plain_table,
    page_plain_table,
    search_plain_table,
)
from storefront.access import ADMIN
from storefront.forms import HttpRequest, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager

_PATH = "/staff/tables"
_PAGE_SIZE = 50


@get(_PATH, opt=ADMIN)
async def show_tables(pages: NamedDependency[Pages]) -> Page:
    return pages.show("staff/tables.html", tables=sorted(PLAIN_TABLES))


@get(f"{_PATH}/{{table:str}}", opt=ADMIN)
async def show_table(
    request: HttpRequest, pages: NamedDependency[Pages], table: FromPath[str]
) -> Page:
    """With `q` the one row that has this id."""
    plain, query, actor = get_plain_table(table), read_query(request), pages.request_context.actor
    typed = query.text("q").strip()
    cursors = pages.cursors.of_list("plain table", plain.name)
    pager = Pager(cursors, f"{_PATH}/{plain.name}", _PAGE_SIZE)
    found = (
        await search_plain_table(actor, plain, typed)
        if typed
        else await page_plain_table(actor, plain, pager.read(query))
    )
    page = pages.show(
        "staff/table.html",
        table=plain,
        rows=found.rows,
        links=pager.links(found, lambda row: row.key),
        typed=typed,
    )
    await record_staff_reads(actor, [StaffRead("table", plain.name)])
    return page
