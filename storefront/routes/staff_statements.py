"""The finance desk's statements: all that were made out, the newest first."""

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.agents.statements import get_statement, list_all_statements
from storefront.access import FINANCE
from storefront.forms import HttpRequest, read_query
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.pdf_documents import PdfDocuments
from storefront.routes.creator_statements import key_of_statement
from storefront.statement_page import send_statement, show_statement

_PATH = "/staff/statements"
_PAGE_SIZE = 25


@get(_PATH, opt=FINANCE)
async def show_statements(request: HttpRequest, pages: NamedDependency[Pages]) -> Page:
    pager = Pager(pages.cursors.of_list("all statements"), _PATH, _PAGE_SIZE)
    found = await list_all_statements(pager.read(read_query(request)))
    page = pages.show(
        "staff/statements.html",
        statements=found.rows,
        links=pager.links(found, key_of_statement),
    )
    await record_staff_reads(pages.request_context.actor, [StaffRead("queue", "statements")])
    return page


@get(f"{_PATH}/{{bill_id:uuid}}", opt=FINANCE)
async def show_one_statement(pages: NamedDependency[Pages], bill_id: FromPath[UUID]) -> Page:
    page = await show_statement(pages, await get_statement(bill_id), _PATH, f"{_PATH}/{bill_id}")
    await record_staff_reads(pages.request_context.actor, [StaffRead("statement", bill_id)])
    return page


@get(f"{_PATH}/{{bill_id:uuid}}/pdf", opt=FINANCE)
async def send_one_statement(
    pages: NamedDependency[Pages],
    pdf_documents: NamedDependency[PdfDocuments],
    bill_id: FromPath[UUID],
) -> Page:
    page = await send_statement(pages, await get_statement(bill_id), pdf_documents)
    await record_staff_reads(pages.request_context.actor, [StaffRead("statement", bill_id)])
    return page
