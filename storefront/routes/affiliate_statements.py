"""An affiliate's own statements: a PDF for each payout that was made."""

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chenu.affiliates.affiliates import get_own_affiliate
from chenu.affiliates.payouts import find_payout_by_number
from chenu.core.errors import NotFound, Unavailable
from chenu.core.i18n import mark
from storefront.access import SIGNED_IN
from storefront.affiliate_statement import render_statement
from storefront.pages import Page, Pages
from storefront.pdf_documents import PdfDocuments

_FAILED = mark("The PDF could not be made. Your commissions can be downloaded as CSV")


@get("/affiliate/statements/{statement_number:str}", opt=SIGNED_IN)
async def send_own_statement(
    pages: NamedDependency[Pages],
    pdf_documents: NamedDependency[PdfDocuments],
    statement_number: FromPath[str],
) -> Page:
    affiliate = await get_own_affiliate(pages.request_context.actor)
    payout = await find_payout_by_number(statement_number)
    if payout is None or payout.affiliate_id != affiliate.id:
        raise NotFound("There is no such statement")
    document = await render_statement(payout, pages.settings.company, pages.locale)
    try:
        content = await pdf_documents.make(document)
    except Unavailable:
        raise Unavailable(_FAILED) from None
    return pages.send_pdf(content, f"chenu-{payout.number}.pdf")
