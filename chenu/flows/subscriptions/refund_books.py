"""The books of what is returned of a plan's or pack's charge: once per refund of Stripe's.

docs/money.md, "A plan's invoice"; docs/decisions/0027.
"""

import structlog

from chenu.accounts.customers import get_billed_person
from chenu.billing.invoices import InvoicePaymentRow, find_invoice_payment, get_invoice
from chenu.billing.recurring import RefundState
from chenu.billing.refund_requests import RefundRequestId, RefundRequestState, close_request
from chenu.billing.refunds import (
    InvoiceRefundId,
    InvoiceRefundRow,
    find_invoice_refund,
    insert_invoice_refund,
    list_refunds_of_payment,
    lock_refunds,
    mark_refund_failed,
)
from chenu.core.clock import business_now
from chenu.core.i18n import known_locale
from chenu.core.ids import find_id, new_id
from chenu.core.mail import MailKind, queue_mail
from chenu.core.mail_params import RefundFailedParams
from chenu.core.money import Cents
from chenu.flows.affiliates.commissions import follow_returns
from chenu.flows.operation_handlers import get_subject
from chenu.flows.pack_restores import restore_of_refund
from chenu.flows.pack_tokens import follow_pack_refund
from chenu.flows.subscriptions.unpaid_budgets import follow_returned_money
from chenu.flows.webhooks.facts import tell_of_invoice_refund
from chenu.ledger.accounts import BUYER_PAYMENTS, PLATFORM_REVENUE, TAX_PAYABLE
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, post
from chenu.ledger.operation_list import find_operation
from chenu.ledger.operations import OperationKind

log = structlog.get_logger(__name__)


async def settle_refund(state: RefundState, request_id: RefundRequestId | None = None) -> bool:
    """In the caller's transaction; False for a charge that is not booked here, or not yet.

    With what it takes of a pack's tokens, and of an affiliate's commission. `request_id` is the
    request of ours that made it, which an event about it names by its operation.
    """
    payment = await find_invoice_payment(state.charge_id)
    if payment is None:
        return False
    await lock_refunds(payment.id)
    refund = known = await find_invoice_refund(state.id)
    if refund is None:
        request_id = request_id or await _find_request(state)
        refund = await _book(payment, state)
        await follow_pack_refund(payment, state.id, state.amount, request_id)
        if request_id is not None:
            await close_request(request_id, RefundRequestState.SETTLED)
    if state.is_undone:
        await _book_failure(refund, was_announced=known is not None)
    kind = "refund-failed" if state.is_undone else "refund"
    await follow_returns(payment.invoice_id, f"{kind}:{state.id}")
    return True


async def _find_request(state: RefundState) -> RefundRequestId | None:
    operation_id = find_id(state.operation_id)
    operation = await find_operation(operation_id) if operation_id else None
    if operation is None or operation.kind != OperationKind.PLAN_REFUND:
        return None
    return RefundRequestId(get_subject(operation))


async def _book(payment: InvoicePaymentRow, state: RefundState) -> InvoiceRefundRow:
    refund = InvoiceRefundRow(
        id=InvoiceRefundId(new_id()),
        payment_id=payment.id,
        invoice_id=payment.invoice_id,
        account_id=payment.account_id,
        stripe_refund_id=state.id,
        amount=state.amount,
        tax=await _share_of_tax(payment, state.amount),
        refunded_at=state.created,
        failed_at=None,
    )
    await insert_invoice_refund(refund)
    await post(
        LedgerTransaction(
            business_key=f"refund:{state.id}",
            kind="PLAN_REFUND",
            account_id=payment.account_id,
            subject_id=refund.id,
            entries=(
                debit(PLATFORM_REVENUE, euros(Cents(refund.amount - refund.tax))),
                debit(TAX_PAYABLE, euros(refund.tax)),
                credit(BUYER_PAYMENTS, euros(refund.amount)),
            ),
        )
    )
    if not state.is_undone:
        await follow_returned_money(await get_invoice(payment.invoice_id))
        await _tell_customer(refund)
        await tell_of_invoice_refund(refund)
    return refund


async def _share_of_tax(payment: InvoicePaymentRow, amount: Cents) -> Cents:
    """Of all refunds together rounded down: a charge that is returned whole returns its VAT."""
    earlier = await list_refunds_of_payment(payment.id)
    returned = sum(each.amount for each in earlier) + amount
    due = payment.tax * returned // payment.paid - sum(each.tax for each in earlier)
    return Cents(min(max(due, 0), amount))


async def _book_failure(refund: InvoiceRefundRow, *, was_announced: bool) -> None:
    """The bank sent it back: the money is ours again, and somebody has to find another way.

    `was_announced`: the customer believes that it was made.
    """
    if not await mark_refund_failed(refund.id, business_now()):
        return
    log.warning("refund_failed", refund=refund.stripe_refund_id, invoice=str(refund.invoice_id))
    tokens = await restore_of_refund(refund.stripe_refund_id)
    if was_announced:
        await _tell_of_failure(refund, tokens)
    await follow_returned_money(await get_invoice(refund.invoice_id))
    await post(
        LedgerTransaction(
            business_key=f"refund-failed:{refund.stripe_refund_id}",
            kind="PLAN_REFUND_FAILED",
            account_id=refund.account_id,
            subject_id=refund.id,
            entries=(
                debit(BUYER_PAYMENTS, euros(refund.amount)),
                credit(PLATFORM_REVENUE, euros(Cents(refund.amount - refund.tax))),
                credit(TAX_PAYABLE, euros(refund.tax)),
            ),
        )
    )


async def _tell_of_failure(refund: InvoiceRefundRow, tokens: int) -> None:
    person = await get_billed_person(refund.account_id)
    invoice = await get_invoice(refund.invoice_id)
    params = RefundFailedParams(
        name=person.name, amount=refund.amount, number=invoice.number or "", tokens=tokens
    )
    key = f"refund-failed:{refund.stripe_refund_id}"
    locale = known_locale(person.locale)
    await queue_mail(MailKind.REFUND_FAILED, person.email, locale, key, params)


async def _tell_customer(refund: InvoiceRefundRow) -> None:
    person = await get_billed_person(refund.account_id)
    invoice = await get_invoice(refund.invoice_id)
    locale = known_locale(person.locale)
    params = {"name": person.name, "amount": refund.amount, "number": invoice.number or ""}
    key = f"refunded:{refund.stripe_refund_id}"
    await queue_mail(MailKind.REFUND, person.email, locale, key, params)
