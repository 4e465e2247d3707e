"""An affiliate's statement of one payout as a PDF: for their page, and for the payout's mail."""

from chenu.accounts.users import get_user
from chenu.affiliates.affiliates import get_affiliate
from chenu.affiliates.commissions import list_commissions_of_payout
from chenu.affiliates.payouts import PayoutRow, find_payout_by_number
from chenu.company import Company
from chenu.core.errors import NotFound
from chenu.core.i18n import Locale
from storefront import affiliate_words
from storefront.affiliate_view import show_commissions
from storefront.pdf_documents import NotInstalled, PdfDocuments
from storefront.templating import environment


class StatementPdfs:
    """For a worker, which has no pages."""

    def __init__(self, company: Company, pdfs: PdfDocuments | None = None) -> None:
        self._company = company
        self._pdfs = pdfs or PdfDocuments()

    async def make(self, number: str, locale: Locale) -> bytes | None:
        """None where no PDFs can be made at all. Raises NotFound, Busy, Unavailable."""
        payout = await find_payout_by_number(number)
        if payout is None:
            raise NotFound("There is no such statement")
        try:
            return await self._pdfs.make(await render_statement(payout, self._company, locale))
        except NotInstalled:
            return None


async def render_statement(payout: PayoutRow, company: Company, locale: Locale) -> str:
    """As HTML, with nothing in it but itself."""
    affiliate = await get_affiliate(payout.affiliate_id)
    owner = await get_user(affiliate.member)
    rows = await list_commissions_of_payout(payout.id)
    template = environment(locale).get_template("affiliate/statement_document.html")
    return template.render(
        payout=payout,
        code=affiliate.code,
        name=owner.display_name,
        company=company,
        commissions=await show_commissions(rows, locale),
        affiliate_words=affiliate_words,
    )
