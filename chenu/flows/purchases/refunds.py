"""Refunds of agents: by the buyer, the creator or staff; docs/money.md, "Refunds of agents"."""

import contextlib
from uuid import UUID

from chenu.accounts import audit, idempotency
from chenu.accounts.actor import Actor, ApiScope
from chenu.accounts.confirmation import require_fresh
from chenu.accounts.idempotency import ClientKey
from chenu.accounts.staff_acts import StaffAct, record_staff_act
from chenu.agents.errors import payment_disputed
from chenu.agents.model import PurchaseId
from chenu.agents.payments import PaymentRow
from chenu.agents.purchases import get_purchase
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
from chenu.core.errors import RefusedError
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
from chenu.flows.services import Services
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    create_operation,
    find_by_key,
)

_NOT_MADE = mark("The bank did not take this refund, and nothing was given back: write to us")


async def refund_sale(
    services: Services, actor: Actor, data: RefundSaleInput, idempotency_key: str
) -> SaleRefundRow:
    """A repeated key finds it; when Stripe's answer is lost, repair goes on.

    Raises what plan_refund raises, and SignInAgain; Disputed or RefundNotAllowed when Stripe
    refuses it.
    """
    account_id = actor.require_account(ApiScope.MARKETPLACE)
    await require_fresh(actor)
    key = idempotency.client_key(account_id, idempotency_key, "purchaseRefund", data)
    refund_id, operation = await _create(actor, data, key)
    crash_point("sale_refund.after_commit")
    await run_refund(services, data.purchase_id, operation)
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
    plan = await plan_refund(actor, data, lock=True)
    refund, operation = await take_refund(plan, tidy(data.reason), actor)
    await idempotency.remember_result(key, refund.id)
    await _record(actor, plan, refund.reason)
    return refund.id, operation


async def _record(actor: Actor, plan: RefundPlan, reason: str) -> None:
    if plan.origin is SaleRefundOrigin.STAFF:
        act, subject = StaffAct.PURCHASE_REFUND, plan.purchase.id
        await record_staff_act(actor, act, subject, reason, amount=plan.amount)
    else:
        subject, amount = plan.purchase.id, plan.amount
        await audit.record(actor, "purchase.refund", subject, amount=amount, reason=reason)


async def take_refund(
    plan: RefundPlan, reason: str, actor: Actor | None = None
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
        requested_by=actor.user_id if actor else None,
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
