"""What a dispute of a plan's or pack's charge takes: a plan is kept, a pack's tokens all go, and an
affiliate's commission of it.
"""

from chenu.billing.disputes import DisputedKind, DisputeRow, mark_returned, mark_taken
from chenu.billing.invoices import get_invoice_payment
from chenu.billing.refunds import list_refunds_of_payment
from chenu.core.money import Cents
from chenu.flows.affiliates.commissions import follow_returns
from chenu.flows.disputes.books import book_returned, book_taken
from chenu.flows.pack_restores import restore_of_dispute
from chenu.flows.pack_tokens import take_for_dispute
from chenu.ledger.accounts import PLATFORM_REVENUE, TAX_PAYABLE
from chenu.ledger.amounts import euros
from chenu.ledger.journal import credit, debit


async def take_from_invoice(dispute: DisputeRow, cause: str) -> None:
    """Under the lock of its refunds."""
    taken, tax = await _shares(dispute)
    parts = (
        debit(PLATFORM_REVENUE, euros(Cents(taken - tax))),
        debit(TAX_PAYABLE, euros(tax)),
    )
    await book_taken(dispute, cause, parts)
    await mark_taken(dispute.id, taken)
    if dispute.subject is DisputedKind.PACK:
        await take_for_dispute(dispute.payment_id, dispute.id, dispute.amount)
    await _follow_commission(dispute, f"dispute-taken:{cause}")


async def return_to_invoice(dispute: DisputeRow, cause: str) -> None:
    _, tax = await _shares(dispute)
    parts = (
        credit(PLATFORM_REVENUE, euros(Cents(dispute.taken - tax))),
        credit(TAX_PAYABLE, euros(tax)),
    )
    await book_returned(dispute, cause, parts)
    await mark_returned(dispute.id)
    if dispute.subject is DisputedKind.PACK:
        await restore_of_dispute(dispute.id)
    await _follow_commission(dispute, f"dispute-returned:{cause}")


async def _follow_commission(dispute: DisputeRow, cause: str) -> None:
    payment = await get_invoice_payment(dispute.payment_id)
    await follow_returns(payment.invoice_id, cause)


async def _shares(dispute: DisputeRow) -> tuple[Cents, Cents]:
    """What of the charge is left to be taken, and its VAT; refunds do not change meanwhile."""
    payment = await get_invoice_payment(dispute.payment_id)
    refunds = await list_refunds_of_payment(payment.id)
    returned = sum(each.amount for each in refunds)
    taken = Cents(min(dispute.amount, payment.paid - returned))
    due = payment.tax * (returned + taken) // payment.paid - sum(each.tax for each in refunds)
    return taken, Cents(min(max(due, 0), taken))
