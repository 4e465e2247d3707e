"""Refunds of agents' charges that Stripe tells of: ours, and those made at its dashboard."""

from chenu.agents.model import PurchaseId
from chenu.agents.payments import PaymentRow, find_payment_of_charge
from chenu.agents.purchases import find_purchase, get_purchase
from chenu.agents.refunds import (
    RefundId,
    SaleRefundOrigin,
    SaleRefundRow,
    SaleRefundState,
    find_sale_refund,
    insert_sale_refund,
)
from chenu.billing.recurring import RefundState
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import find_id, new_id
from chenu.core.money import Cents
from chenu.flows.operations.runner import run_operation
from chenu.flows.purchases.pages import PURCHASE_PAGES
from chenu.flows.purchases.refund_books import (
    book_arrival,
    book_refund,
    end_refunded,
)
from chenu.flows.purchases.refund_mails import mail_refund
from chenu.flows.purchases.refund_steps import fail_refund
from chenu.flows.services import Services
from chenu.flows.webhooks.facts import tell_of_sale_refund
from chenu.ledger.accounts import BUYER_PAYMENTS, BUYER_REFUNDS_DUE
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, post
from chenu.ledger.operation_sums import list_open_of_subject
from chenu.ledger.operations import OperationKind, find_by_stripe_id


async def follow_sale_refund(services: Services, state: RefundState) -> bool:
    """Books it once; False for the charge of something else.

    A refund of ours whose answer was lost is settled by its own operation first, so that it is not
    taken for another one. Raises OutcomeUnknown, StripeRefusal.
    """
    payment = await find_payment_of_charge(state.charge_id)
    if payment is None:
        payment = await settle_sale_of_charge(services, state.charge_id, state.payment_intent_id)
    if payment is None:
        return False
    if await find_sale_refund(state.id) is None:
        for operation in await list_open_of_subject(OperationKind.REFUND, payment.id):
            await run_operation(services, operation.id)
    await _adopt(payment, state)
    return True


async def settle_sale_of_charge(
    services: Services, charge_id: str, payment_intent_id: str
) -> PaymentRow | None:
    """The payment may be paid at Stripe and not settled here yet."""
    invoice_id = await services.subscriptions.find_invoice_of_payment(payment_intent_id)
    if invoice_id is None:
        return None
    invoice = await services.subscriptions.get_invoice(invoice_id)
    purchase_id = find_id(invoice.metadata.get("purchase_id"))
    if purchase_id is None or await find_purchase(PurchaseId(purchase_id)) is None:
        return None
    outcome = await PURCHASE_PAGES.find_outcome(purchase_id)
    if outcome is not None:
        await run_operation(services, outcome.id)
    return await find_payment_of_charge(charge_id)


@db.transactional
async def _adopt(payment: PaymentRow, state: RefundState) -> None:
    purchase = await get_purchase(payment.purchase_id, lock=True)
    refund = known = await find_sale_refund(state.id)
    if refund is None and await _is_return(state):
        await _follow_return(payment, state)
        return
    if refund is None:
        refund = _make_row(payment, state)
        await insert_sale_refund(refund)
        await book_refund(purchase, refund)
        await book_arrival(payment, refund, state.id)
        if not state.is_undone:
            await end_refunded(purchase)
            await mail_refund(purchase, refund)
            await tell_of_sale_refund(refund, state.id)
    if state.is_undone:
        await fail_refund(refund, was_announced=known is not None)


async def _is_return(state: RefundState) -> bool:
    """Of a payment that bought nothing: return_payment.py has booked it."""
    return await find_by_stripe_id(OperationKind.REFUND, state.id) is not None


async def _follow_return(payment: PaymentRow, state: RefundState) -> None:
    """One that the bank sent back is owed to the buyer still."""
    if not state.is_undone:
        return
    await post(
        LedgerTransaction(
            business_key=f"refund-failed:{state.id}",
            kind="REFUND_FAILED",
            account_id=payment.account_id,
            subject_id=payment.id,
            entries=(
                debit(BUYER_PAYMENTS, euros(state.amount)),
                credit(BUYER_REFUNDS_DUE, euros(state.amount)),
            ),
        )
    )


def _make_row(payment: PaymentRow, state: RefundState) -> SaleRefundRow:
    return SaleRefundRow(
        id=RefundId(new_id()),
        payment_id=payment.id,
        purchase_id=payment.purchase_id,
        account_id=payment.account_id,
        amount=Cents(state.amount),
        origin=SaleRefundOrigin.STRIPE,
        reason="",
        state=SaleRefundState.SETTLED,
        requested_by=None,
        stripe_refund_id=state.id,
        created_at=state.created,
        settled_at=business_now(),
    )
