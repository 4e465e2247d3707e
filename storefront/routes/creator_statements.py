"""A creator's own statements."""

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.agents.queries import find_creator_of
from chenu.agents.rows import CreatorRow
from chenu.agents.statements import StatementRow, get_statement, list_statements
from chenu.core.errors import NotFound
from chenu.core.paging import Key
from storefront.access import SIGNED_IN
from storefront.forms import Fields
from storefront.pages import Page, Pages
from storefront.paging import Pager
from storefront.pdf_documents import PdfDocuments
from storefront.statement_page import send_statement, show_statement

_PAGE_SIZE = 12
_LIST = "/creator/earnings#statements"


async def read_statements(
    pages: Pages, creator: CreatorRow, query: Fields, stem: str
) -> dict[str, object]:
    """For the page of earnings."""
    cursors = pages.cursors.of_list("statements", creator.id)
    pager = Pager(cursors, stem, _PAGE_SIZE, "statements_", "#statements")
    found = await list_statements(creator.id, pager.read(query))
    return {"statements": found.rows, "statement_links": pager.links(found, key_of_statement)}


def key_of_statement(row: StatementRow) -> Key:
    return (str(row.id), str(row.id))


@get("/creator/statements/{bill_id:uuid}", opt=SIGNED_IN)
async def show_own_statement(pages: NamedDependency[Pages], bill_id: FromPath[UUID]) -> Page:
    statement = await _get_own(pages, bill_id)
    return await show_statement(pages, statement, _LIST, f"/creator/statements/{bill_id}")


@get("/creator/statements/{bill_id:uuid}/pdf", opt=SIGNED_IN)
async def send_own_statement(
    pages: NamedDependency[Pages],
    pdf_documents: NamedDependency[PdfDocuments],
    bill_id: FromPath[UUID],
) -> Page:
    return await send_statement(pages, await _get_own(pages, bill_id), pdf_documents)


async def _get_own(pages: Pages, statement_id: UUID) -> StatementRow:
    """Raises NotFound, for somebody else's as for none."""
    creator = await find_creator_of(pages.request_context.actor.require_user())
    statement = await get_statement(statement_id)
    if creator is None or statement.creator_id != creator.id:
        raise NotFound("There is no such monthly statement")
    return statement
