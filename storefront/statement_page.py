"""A creator's statement as a page and as a PDF, for the creator and for our finance desk."""

from chenu.agents.statements import StatementRow, list_lines
from chenu.core.errors import Unavailable
from chenu.core.i18n import mark
from storefront import statement_words
from storefront.pages import Page, Pages
from storefront.pdf_documents import PdfDocuments


async def show_statement(pages: Pages, statement: StatementRow, list_url: str, url: str) -> Page:
    return pages.show(
        "creator/statement.html",
        statement=statement,
        lines=await list_lines(statement.id),
        statement_words=statement_words,
        list_url=list_url,
        pdf_url=f"{url}/pdf",
    )


async def send_statement(pages: Pages, statement: StatementRow, pdfs: PdfDocuments) -> Page:
    """Raises Busy, or Unavailable where it cannot be made."""
    document = pages.render(
        "creator/statement_document.html",
        statement=statement,
        lines=await list_lines(statement.id),
        statement_words=statement_words,
    )
    try:
        content = await pdfs.make(document)
    except Unavailable:
        message = mark("The PDF could not be made. The page of the statement has the same numbers")
        raise Unavailable(message) from None
    return pages.send_pdf(content, f"chenu-{statement.number}.pdf")
