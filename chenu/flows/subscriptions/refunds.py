"""Refunds of plans' and packs' charges, and their credit notes, whoever asked for them.

docs/decisions/0027.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
import structlog

from chenu.billing.disputes import list_forbidden_refunds
from chenu.billing.gateway import RefundRequest, StripeRefusal
from chenu.billing.invoices import (
    InvoicePaymentRow,
    InvoiceRow,
    find_invoice_by_stripe_id,
    list_invoice_payments,
)
from chenu.billing.ports import MoneyPort, SubscriptionPort
from chenu.billing.recurring import (
    CreditNoteRequest,
    CreditNoteState,
    RefundState,
    RefundStatus,
)
from chenu.billing.refund_requests import (
    RefundOrigin,
    RefundRequestId,
    RefundRequestRow,
    RefundRequestState,
    close_request,
    get_refund_request,
    sum_open_requests,
)
from chenu.billing.refunds import lock_refunds, sum_refunds
from chenu.core import db, queue
from chenu.core.clock import business_now
from chenu.core.errors import InvalidState
from chenu.core.fetched import Fetched, fetch
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.operation_handlers import NotYet, OperationHandler
from chenu.flows.pack_restores import restore_of_request
from chenu.flows.second_person import SECOND_PERSON_ABOVE
from chenu.flows.subscriptions.credit_notes import request_credit_note, store_note
from chenu.flows.subscriptions.invoices import follow_invoice
from chenu.flows.subscriptions.refund_books import settle_refund
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    create_operation,
)
from chenu.tokens.pack_refunds import find_refund_of_request

log = structlog.get_logger(__name__)

_ALONE = mark(
    "With what was returned since, a second person has to agree: ask for it on its invoice"
)


class PlanRefundParams(msgspec.Struct, frozen=True):
    """What goes back of which charge of which invoice."""

    request_id: RefundRequestId
    payment_id: str
    stripe_invoice_id: str
    charge_id: str
    payment_intent_id: str
    amount: Cents


def new_refund_request(
    payment: InvoicePaymentRow, amount: Cents, reason: str, origin: RefundOrigin
) -> RefundRequestRow:
    """One that needs nobody's word: whoever inserts it creates its operation too."""
    return RefundRequestRow(
        id=RefundRequestId(new_id()),
        invoice_id=payment.invoice_id,
        payment_id=payment.id,
        account_id=payment.account_id,
        amount=amount,
        reason=reason,
        origin=origin,
        state=RefundRequestState.APPROVED,
        requested_by=None,
        decided_by=None,
        decision_reason=None,
        created_at=business_now(),
        decided_at=None,
    )


async def create_refund_operation(request: RefundRequestRow, invoice: InvoiceRow) -> OperationRow:
    """In the transaction that approves the request."""
    payments = await list_invoice_payments([invoice.id])
    payment = next(each for each in payments if each.id == request.payment_id)
    params = PlanRefundParams(
        request.id,
        str(payment.id),
        invoice.stripe_invoice_id,
        payment.stripe_charge_id,
        payment.stripe_payment_intent_id,
        request.amount,
    )
    operation = await create_operation(
        NewOperation(
            OperationKind.PLAN_REFUND,
            f"plan-refund:{request.id}",
            params,
            subject_id=request.id,
            account_id=request.account_id,
            amount=request.amount,
        )
    )
    await queue.enqueue(queue.Job.OPERATION, str(operation.id))
    return operation


async def find_refundable(payment: InvoicePaymentRow) -> Cents:
    """What neither went back yet nor is promised; exact while the refunds' lock is held."""
    return (await list_refundable([payment]))[payment.id].left


async def is_promise_covered(payment: InvoicePaymentRow) -> bool:
    """Whether what went back and what is promised are no more than was paid."""
    returned, promised = await sum_refunds([payment.id]), await sum_open_requests([payment.id])
    return returned.get(payment.id, 0) + promised.get(payment.id, 0) <= payment.paid


class Refundable(msgspec.Struct, frozen=True):
    """Of one charge: what went back, and what neither did nor is promised.

    Nothing is left of what the buyer's bank has, or had: Stripe refuses to refund it.
    """

    returned: Cents
    left: Cents


async def list_refundable(payments: Sequence[InvoicePaymentRow]) -> dict[UUID, Refundable]:
    """By the charge's id: three statements for all of them."""
    ids = [payment.id for payment in payments]
    returned, promised = await sum_refunds(ids), await sum_open_requests(ids)
    forbidden = await list_forbidden_refunds(ids)
    found = {}
    for payment in payments:
        back = returned.get(payment.id, Cents(0))
        left = payment.paid - back - promised.get(payment.id, 0)
        is_forbidden = payment.id in forbidden
        found[payment.id] = Refundable(back, Cents(0 if is_forbidden else max(left, 0)))
    return found


class PlanRefund(msgspec.Struct, frozen=True):
    """A refund at Stripe; `note` None: Stripe refused its document."""

    state: RefundState
    note: Fetched[CreditNoteState] | None


@dataclass(frozen=True)
class PlanRefundHandler(OperationHandler[PlanRefundParams, PlanRefund]):
    """A refund, which names this operation whoever tells of it, then its credit note."""

    money: MoneyPort

    kind = OperationKind.PLAN_REFUND
    params_type = PlanRefundParams

    async def call(self, operation: OperationRow, params: PlanRefundParams) -> PlanRefund:
        """A refund that was made stands, whatever becomes of its document."""
        found = await self.find_existing(operation, params)
        if found is not None:
            return found
        request = RefundRequest(params.payment_intent_id, params.amount, params.payment_id)
        try:
            state = await self.money.put_refund(request, operation)
        except StripeRefusal as refusal:
            if refusal.code == "balance_insufficient":
                raise NotYet(refusal.code, refused=True) from refusal
            raise
        of_note = _describe_credit_note(params, state.id)
        try:
            note = await fetch(lambda: self.money.create_credit_note(of_note, operation))
        except StripeRefusal as refusal:
            log.error("credit_note_refused", refund=state.id, code=refusal.code)
            return PlanRefund(state, None)
        return PlanRefund(state, note)

    async def find_existing(
        self, operation: OperationRow, params: PlanRefundParams
    ) -> PlanRefund | None:
        """By the credit note, which is made last."""
        found = await fetch(
            lambda: self.money.find_credit_note(params.stripe_invoice_id, operation)
        )
        if found.value is None:
            return None
        [refund_id] = found.value.refund_ids
        state = RefundState(
            id=refund_id,
            charge_id=params.charge_id,
            payment_intent_id=params.payment_intent_id,
            amount=params.amount,
            status=RefundStatus.PENDING,
            created=found.value.created,
        )
        return PlanRefund(state, Fetched(found.value, found.number))

    async def apply(
        self, operation: OperationRow, params: PlanRefundParams, answer: PlanRefund
    ) -> str:
        await settle_refund(answer.state, params.request_id)
        if answer.note is None:
            request = _describe_credit_note(params, answer.state.id)
            await request_credit_note(request, params.request_id, operation.account_id)
        else:
            await store_note(answer.note)
        await close_request(params.request_id, RefundRequestState.SETTLED)
        return answer.state.id

    async def on_refused(
        self, operation: OperationRow, params: PlanRefundParams, refusal: StripeRefusal
    ) -> None:
        """Unless an event has told already that the refund was made."""
        await lock_refunds(UUID(params.payment_id))
        request = await get_refund_request(params.request_id, lock=True)
        if request.state is not RefundRequestState.SETTLED:
            await close_request(params.request_id, RefundRequestState.FAILED)
            await restore_of_request(params.request_id)

    async def renew(self, operation: OperationRow, params: PlanRefundParams) -> PlanRefundParams:
        """Raises InvalidState when that much is not left any more, or tokens were given again."""
        if await find_refund_of_request(params.request_id) is not None:
            raise InvalidState("Its tokens were given again: make another refund of this pack")
        invoice = await find_invoice_by_stripe_id(params.stripe_invoice_id)
        payments = await list_invoice_payments([invoice.id]) if invoice else []
        payment = next(each for each in payments if str(each.id) == params.payment_id)
        await lock_refunds(payment.id)
        left = await find_refundable(payment)
        if left < params.amount:
            raise InvalidState("Less than that is left of this payment")
        request = await get_refund_request(params.request_id)
        if request.is_of_one_person and payment.paid - left + params.amount > SECOND_PERSON_ABOVE:
            raise InvalidState(_ALONE)
        await close_request(params.request_id, RefundRequestState.APPROVED)
        return params


def _describe_credit_note(params: PlanRefundParams, refund_id: str) -> CreditNoteRequest:
    return CreditNoteRequest(
        params.stripe_invoice_id, params.amount, str(params.request_id), refund_id
    )


async def adopt_refund(subscriptions: SubscriptionPort, state: RefundState) -> bool:
    """Book what Stripe says of a refund; False for one of something else than a plan or pack.

    Raises OutcomeUnknown, StripeRefusal.
    """

    async def settle() -> bool:
        return await settle_refund(state)

    if await db.run_in_transaction(settle):
        return True
    invoice_id = await subscriptions.find_invoice_of_payment(state.payment_intent_id)
    if invoice_id is None or not await follow_invoice(subscriptions, invoice_id):
        return False
    return await db.run_in_transaction(settle)
