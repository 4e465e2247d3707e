"""An affiliate's commissions as the page and the file show them: with invoice, customer, payout."""

from collections.abc import Sequence

import msgspec

from chenu.accounts.actor import UserId
from chenu.accounts.users import list_users
from chenu.affiliates.commissions import CommissionRow
from chenu.affiliates.customer_hints import hint_of
from chenu.affiliates.model import CommissionKind, ReferralId
from chenu.affiliates.payouts import PayoutRow, list_payouts_by_id
from chenu.affiliates.referrals import list_referrals_by_id
from chenu.billing.invoices import InvoiceId, list_invoices_by_id
from chenu.core.i18n import Locale
from chenu.core.money import Cents
from storefront.affiliate_words import why


class ShownCommission(msgspec.Struct, frozen=True):
    """`hint` is all that is said of the customer. `reason`: why of a clawback, to be translated.

    `payout` is the one that it is paid in, or was to be.
    """

    row: CommissionRow
    hint: str
    invoice_number: str | None
    reason: str
    payout: PayoutRow | None

    @property
    def is_commission(self) -> bool:
        return self.row.kind is CommissionKind.COMMISSION

    @property
    def unpaid(self) -> Cents:
        """What of the invoice was not paid in cash, but out of a credit."""
        return Cents(self.row.total - self.row.paid)

    @property
    def tax(self) -> Cents:
        """The VAT in what was paid."""
        return Cents(self.row.paid - self.row.base)


async def show_commissions(rows: Sequence[CommissionRow], locale: Locale) -> list[ShownCommission]:
    """A fixed number of statements, however many rows."""
    numbers = {
        invoice.id: invoice.number
        for invoice in await list_invoices_by_id([InvoiceId(row.invoice_id) for row in rows])
    }
    payouts = {
        payout.id: payout
        for payout in await list_payouts_by_id([row.payout_id for row in rows if row.payout_id])
    }
    hints = await _hint_customers([row.referral_id for row in rows], locale)
    return [
        ShownCommission(
            row,
            hints[row.referral_id],
            numbers.get(InvoiceId(row.invoice_id)),
            why(row.kind, row.cause),
            payouts.get(row.payout_id) if row.payout_id else None,
        )
        for row in rows
    ]


async def _hint_customers(ids: Sequence[ReferralId], locale: Locale) -> dict[ReferralId, str]:
    members = {row.id: row.member for row in await list_referrals_by_id(ids)}
    people = await list_users(list(set(members.values())))
    emails: dict[UserId, str] = {person.id: person.email for person in people}
    return {referral: hint_of(emails.get(member), locale) for referral, member in members.items()}
