"""Refunds of agents: by the buyer, the creator or staff; docs/money.md, "Refunds of agents".

What one person of staff may not return alone waits for another: refund_requests.py.
"""

import contextlib
from uuid import UUID

from chenu.accounts import audit, idempotency
from chenu.accounts.actor import Actor, ApiScope, UserId
from chenu.accounts.confirmation import require_fresh
from chenu.accounts.idempotency import ClientKey
from chenu.accounts.staff_acts import StaffAct, record_staff_act
from chenu.agents.errors import payment_disputed
from chenu.agents.model import PurchaseId
from chenu.agents.payments import PaymentRow
from chenu.agents.purchases import get_purchase
from chenu.agents.refund_requests import (
    SaleRequestId,
    SaleRequestRow,
    SaleRequestState,
    find_sale_request,
    insert_sale_request,
    sum_waiting,
)
from chenu.agents.refunds import (
    RefundId,
    SaleRefundOrigin,
    SaleRefundRow,
    SaleRefundState,
    get_sale_refund,
    insert_sale_refund,
)
from chenu.billing.gateway import OutcomeUnknown
from chenu.billing.invoices import find_invoice_of_purchase
from chenu.core import db, pubsub, queue
from chenu.core.clock import business_now
from chenu.core.crash_points import crash_point
from chenu.core.errors import InvalidState, RefusedError
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.text import tidy
from chenu.flows.operations.runner import run_operation
from chenu.flows.purchases.refund_books import book_refund
from chenu.flows.purchases.refund_plans import (
    RefundNotAllowed,
    RefundPlan,
    RefundSaleInput,
    plan_refund,
)
from chenu.flows.purchases.return_payment import RefundParams
from chenu.flows.second_person import needs_second_person
from chenu.flows.services import Services
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    create_operation,
    find_by_key,
)

_WAITS = mark("A second person has to agree to this refund: it waits for a colleague")
_NOT_AGREED = mark("Nobody has agreed to this refund, and nothing was returned")
_WAITS_ALREADY = mark("A refund of this payment waits for a second person already")
_NOT_MADE = mark("The bank did not take this refund, and nothing was given back: write to us")


class WaitsForColleague(RefundNotAllowed):
    """It is written down, and nothing moves before another person of the staff agrees."""


async def refund_sale(
    services: Services, actor: Actor, data: RefundSaleInput, idempotency_key: str
) -> SaleRefundRow:
    """A repeated key finds it; when Stripe's answer is lost, repair goes on.

    Raises what plan_refund raises, and SignInAgain; WaitsForColleague once it is asked for;
    Disputed or RefundNotAllowed when Stripe refuses it.
    """
    account_id = actor.require_account(ApiScope.MARKETPLACE)
    await require_fresh(actor)
    key = idempotency.client_key(account_id, idempotency_key, "purchaseRefund", data)
    created_id, operation = await _create(actor, data, key)
    crash_point("sale_refund.after_commit")
    refund_id = await _find_agreed(created_id) if operation is None else created_id
    return await complete_refund(services, data.purchase_id, refund_id, operation)


async def _find_agreed(created_id: UUID) -> UUID:
    """The refund of a request once somebody has agreed. Raises WaitsForColleague until then."""
    request = await find_sale_request(created_id)
    if request is None:
        return created_id
    if request.refund_id is None:
        raise WaitsForColleague(_WAITS if request.is_waiting else _NOT_AGREED)
    return request.refund_id


async def complete_refund(
    services: Services, purchase_id: PurchaseId, refund_id: UUID, operation: OperationRow | None
) -> SaleRefundRow:
    """Raises Disputed or RefundNotAllowed when Stripe refuses it."""
    await run_refund(services, purchase_id, operation)
    refund = await get_sale_refund(refund_id)
    if refund.state is SaleRefundState.FAILED:
        raise await _explain_failure(refund)
    return refund


async def _explain_failure(refund: SaleRefundRow) -> RefusedError:
    """Why Stripe or the bank did not make it; it is put back by then."""
    operation = await find_by_key(_business_key(refund))
    if operation is not None and operation.error_code == "charge_disputed":
        return payment_disputed()
    return RefundNotAllowed(_NOT_MADE)


def _business_key(refund: SaleRefundRow) -> str:
    return f"sale-refund:{refund.id}"


async def run_refund(
    services: Services, purchase_id: PurchaseId, operation: OperationRow | None
) -> None:
    if operation is not None:
        with contextlib.suppress(OutcomeUnknown):
            await run_operation(services, operation.id)
    await services.pubsub.publish(pubsub.purchase_channel(purchase_id))


@db.transactional
async def _create(
    actor: Actor, data: RefundSaleInput, key: ClientKey
) -> tuple[UUID, OperationRow | None]:
    known = await idempotency.find_result(key)
    if known is not None:
        return known, None
    plan, reason = await plan_refund(actor, data, lock=True), tidy(data.reason)
    if plan.origin is SaleRefundOrigin.STAFF and await _must_wait(actor, plan):
        request_id = await _ask_colleague(plan, reason, actor.require_user())
        await idempotency.remember_result(key, request_id)
        await _record(actor, plan, reason, SaleRequestState.WAITING)
        return request_id, None
    refund, operation = await take_refund(plan, reason, actor.user_id)
    await idempotency.remember_result(key, refund.id)
    await _record(actor, plan, reason, refund.state)
    return refund.id, operation


async def _must_wait(actor: Actor, plan: RefundPlan) -> bool:
    if plan.amount > plan.payment.left - await sum_waiting(plan.payment.id):
        raise InvalidState(_WAITS_ALREADY)
    return await needs_second_person(plan.payment.account_id, actor.require_user(), plan.amount)


async def _ask_colleague(plan: RefundPlan, reason: str, asked_by: UserId) -> SaleRequestId:
    row = SaleRequestRow(
        id=SaleRequestId(new_id()),
        payment_id=plan.payment.id,
        purchase_id=plan.purchase.id,
        account_id=plan.payment.account_id,
        amount=plan.amount,
        reason=reason,
        state=SaleRequestState.WAITING,
        requested_by=asked_by,
        decided_by=None,
        decision_reason=None,
        refund_id=None,
        created_at=business_now(),
        decided_at=None,
    )
    await insert_sale_request(row)
    return row.id


async def _record(actor: Actor, plan: RefundPlan, reason: str, state: str) -> None:
    if plan.origin is SaleRefundOrigin.STAFF:
        act, subject = StaffAct.PURCHASE_REFUND, plan.purchase.id
        await record_staff_act(actor, act, subject, reason, amount=plan.amount, state=state)
    else:
        subject, amount = plan.purchase.id, plan.amount
        await audit.record(actor, "purchase.refund", subject, amount=amount, reason=reason)


async def take_refund(
    plan: RefundPlan, reason: str, asked_by: UserId | None = None
) -> tuple[SaleRefundRow, OperationRow]:
    """In the caller's transaction, which holds the purchase: owed from now on."""
    purchase, payment = plan.purchase, plan.payment
    refund = SaleRefundRow(
        id=RefundId(new_id()),
        payment_id=payment.id,
        purchase_id=purchase.id,
        account_id=payment.account_id,
        amount=plan.amount,
        origin=plan.origin,
        reason=reason,
        state=SaleRefundState.REQUESTED,
        requested_by=asked_by,
        stripe_refund_id=None,
        created_at=business_now(),
        settled_at=None,
    )
    await insert_sale_refund(refund)
    await book_refund(await get_purchase(purchase.id), refund)
    return refund, await _create_operation(refund, payment)


async def _create_operation(refund: SaleRefundRow, payment: PaymentRow) -> OperationRow:
    stripe_invoice_id = payment.stripe_invoice_id
    if stripe_invoice_id is None:
        invoice = await find_invoice_of_purchase(refund.purchase_id)
        stripe_invoice_id = invoice.stripe_invoice_id if invoice else None
    params = RefundParams(
        payment.id,
        payment.account_id,
        payment.stripe_payment_intent_id,
        refund.amount,
        refund.id,
        stripe_invoice_id,
    )
    operation = await create_operation(
        NewOperation(
            OperationKind.REFUND,
            _business_key(refund),
            params,
            subject_id=payment.id,
            account_id=payment.account_id,
            amount=refund.amount,
        )
    )
    await queue.enqueue(queue.Job.OPERATION, str(operation.id))
    return operation
