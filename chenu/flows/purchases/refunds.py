"""Refunds of agents: by the buyer, the creator or staff; docs/money.md, "Refunds of agents"."""

import contextlib
from dataclasses import dataclass
from uuid import UUID

import msgspec

from chenu.accounts import audit, idempotency
from chenu.accounts.actor import Actor, ApiScope, Staff
from chenu.accounts.idempotency import ClientKey
from chenu.accounts.queries import is_member
from chenu.accounts.roles import Right
from chenu.accounts.validation import check_text
from chenu.agents.access import find_grant_of_purchase
from chenu.agents.errors import payment_disputed
from chenu.agents.model import PaymentId, PriceType, PurchaseId, PurchaseStatus
from chenu.agents.payments import PaymentRow, list_payments
from chenu.agents.purchases import PurchaseRow, find_purchase, get_purchase
from chenu.agents.queries import find_creator
from chenu.agents.refund_split import RefundParts, parts_between
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
from chenu.core.errors import Invalid, InvalidState, NotFound, RefusedError, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.text import tidy
from chenu.flows.operations.runner import run_operation
from chenu.flows.purchases.refund_books import book_refund
from chenu.flows.purchases.return_payment import RefundParams
from chenu.flows.services import Services
from chenu.flows.withdrawal_terms import may_withdraw
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    create_operation,
    find_by_key,
)

MAX_REASON = 500
_NONE = mark("There is no such purchase")
_USED = mark(
    "You have used this agent, which ends the right to give it back: write to its creator or to us"
)
_TOO_LATE = mark(
    "The 14 days in which it could be given back are over: write to its creator or to us"
)
_NOTHING = mark("Everything of this payment was given back already")
_OWN_ACCOUNT = mark("You belong to this account: another colleague decides about it")
_NOT_MADE = mark("The bank did not take this refund, and nothing was given back: write to us")
_PART = mark("You can give the agent back whole, not in part")


class RefundNotAllowed(RefusedError):
    code = "REFUND_NOT_ALLOWED"


class RefundSaleInput(msgspec.Struct, frozen=True):
    """`payment_id` None: the latest; `amount` (cents) None: all that is left of it."""

    purchase_id: PurchaseId
    payment_id: PaymentId | None
    amount: Cents | None
    reason: str


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """What a refund would move, and who asks for it."""

    purchase: PurchaseRow
    payment: PaymentRow
    amount: Cents
    origin: SaleRefundOrigin

    @property
    def parts(self) -> RefundParts:
        after = Cents(self.payment.returned + self.amount)
        return parts_between(self.payment.split, self.payment.returned, after)


async def plan_refund(actor: Actor, data: RefundSaleInput, *, lock: bool = False) -> RefundPlan:
    """Changes nothing. Raises NotFound, Forbidden, Invalid, RefundNotAllowed, InvalidState.

    `lock` holds purchase and access until the transaction ends.
    """
    purchase = await find_purchase(data.purchase_id, lock=lock)
    if purchase is None:
        raise NotFound(_NONE, path=("purchase_id",))
    origin = await find_origin(actor, purchase)
    reject_if_any(
        check_text(
            data.reason,
            path=("reason",),
            longest=MAX_REASON,
            is_needed=origin is not SaleRefundOrigin.BUYER,
        )
    )
    if purchase.status is PurchaseStatus.DISPUTED:
        raise payment_disputed()
    payment = await _find_payment(purchase, data.payment_id)
    amount = _read_amount(payment, data.amount)
    if origin is SaleRefundOrigin.BUYER:
        await require_returnable(purchase, payment, amount, lock=lock)
    return RefundPlan(purchase, payment, amount, origin)


async def find_origin(actor: Actor, purchase: PurchaseRow) -> SaleRefundOrigin:
    """As whom somebody may ask for it. Raises NotFound for whoever has nothing to do with it."""
    if actor.account_id is not None and actor.account_id == purchase.account_id:
        actor.require_right(Right.BUY_AGENTS)
        return SaleRefundOrigin.BUYER
    creator = await find_creator(purchase.creator_id)
    if creator is not None and actor.user_id is not None and creator.owner_id == actor.user_id:
        actor.require_account(ApiScope.MARKETPLACE)
        return SaleRefundOrigin.CREATOR
    if not actor.is_staff:
        raise NotFound(_NONE, path=("purchase_id",))
    if await is_member(purchase.account_id, actor.require_staff(Staff.SUPPORT)):
        raise InvalidState(_OWN_ACCOUNT)
    return SaleRefundOrigin.STAFF


async def _find_payment(purchase: PurchaseRow, payment_id: PaymentId | None) -> PaymentRow:
    payments = await list_payments([purchase.id])
    if purchase.price_type is not PriceType.ONE_TIME or not payments:
        raise RefundNotAllowed("There is no payment of this purchase that could be given back")
    for payment in payments:
        if payment_id in (None, payment.id):
            return payment
    raise NotFound("There is no such payment", path=("payment_id",))


def _read_amount(payment: PaymentRow, wanted: Cents | None) -> Cents:
    left = payment.left
    if left <= 0:
        raise RefundNotAllowed(_NOTHING)
    if wanted is not None and wanted <= 0:
        raise Invalid("Please enter an amount above zero", path=("amount_minor",))
    if wanted is not None and wanted > left:
        message = mark("At most {most_cents} of this payment can be given back")
        raise Invalid(message, path=("amount_minor",), most_cents=left)
    return left if wanted is None else wanted


async def require_returnable(
    purchase: PurchaseRow, payment: PaymentRow, amount: Cents, *, lock: bool = False
) -> None:
    """What the buyer needs nobody for: whole, within 14 days, before the first use."""
    if amount < payment.paid - payment.refunded:
        raise RefundNotAllowed(_PART, path=("amount_minor",))
    if not may_withdraw(payment.paid_at, business_now()):
        raise RefundNotAllowed(_TOO_LATE)
    grant = await find_grant_of_purchase(purchase.id, lock=lock)
    if grant is None or grant.first_used_at is not None:
        raise RefundNotAllowed(_USED)


async def refund_sale(
    services: Services, actor: Actor, data: RefundSaleInput, idempotency_key: str
) -> SaleRefundRow:
    """A repeated key finds it; when Stripe's answer is lost, repair goes on.

    Raises what plan_refund raises; Disputed or RefundNotAllowed when Stripe refuses it.
    """
    account_id = actor.require_account(ApiScope.MARKETPLACE)
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
    await audit.record(
        actor, "purchase.refund", plan.purchase.id, amount=plan.amount, reason=refund.reason
    )
    return refund.id, operation


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
    invoice = await find_invoice_of_purchase(refund.purchase_id)
    params = RefundParams(
        payment.id,
        payment.account_id,
        payment.stripe_payment_intent_id,
        refund.amount,
        refund.id,
        invoice.stripe_invoice_id if invoice else None,
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
