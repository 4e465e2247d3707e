"""What a refund of an agent would move, who may ask for it, and why not; nothing moves here."""

import contextlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from chenu.accounts.actor import Actor, ApiScope, Staff
from chenu.accounts.queries import is_member
from chenu.accounts.roles import Right
from chenu.accounts.validation import check_text
from chenu.agents.access import find_grant_of_purchase
from chenu.agents.errors import payment_disputed
from chenu.agents.model import PaymentId, PurchaseId, PurchaseStatus
from chenu.agents.payments import PaymentRow, list_payments
from chenu.agents.purchases import PurchaseRow, find_purchase
from chenu.agents.queries import find_creator
from chenu.agents.refund_split import RefundParts, parts_between
from chenu.agents.refunds import (
    SaleRefundOrigin,
)
from chenu.core.clock import business_now
from chenu.core.errors import (
    ChenuError,
    Invalid,
    InvalidState,
    NotFound,
    RefusedError,
    reject_if_any,
)
from chenu.core.i18n import mark
from chenu.core.money import Cents
from chenu.flows.bank_decisions import require_refundable
from chenu.flows.withdrawal_terms import may_withdraw, withdrawal_ends_at

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
_PART = mark("You can give the agent back whole, not in part")


class RefundNotAllowed(RefusedError):
    code = "REFUND_NOT_ALLOWED"


class RefundSaleInput(msgspec.Struct, frozen=True):
    """`payment_id` None: the latest; `amount` (cents) None: all that is left of it."""

    purchase_id: PurchaseId
    payment_id: PaymentId | None
    amount: Cents | None
    reason: str


class RefundPlan(msgspec.Struct, frozen=True):
    """What a refund would move, and who asks for it.

    `by_credit`: what the buyer's credit at Stripe paid of the same invoice, and stays paid.
    """

    purchase: PurchaseRow
    payment: PaymentRow
    amount: Cents
    origin: SaleRefundOrigin
    is_latest: bool = True
    by_credit: Cents = Cents(0)

    @property
    def ends_access(self) -> bool:
        """Whole, of the latest payment: those of earlier months were used."""
        return self.is_latest and self.payment.refunded + self.amount == self.payment.paid

    @property
    def parts(self) -> RefundParts:
        after = Cents(self.payment.returned + self.amount)
        return parts_between(self.payment.split, self.payment.returned, after)


async def plan_refund(actor: Actor, data: RefundSaleInput, *, lock: bool = False) -> RefundPlan:
    """Changes nothing. Raises NotFound, Forbidden, Invalid, InvalidState, RefundNotAllowed,
    Disputed.

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
    everything = await list_payments([purchase.id])
    payments = [each for each in everything if not each.is_credit]
    payment = _find_payment(payments, data.payment_id)
    await require_refundable(payment.id)
    if purchase.status is PurchaseStatus.DISPUTED:
        raise payment_disputed()
    amount = _read_amount(payment, data.amount)
    if origin is SaleRefundOrigin.BUYER:
        await require_returnable(purchase, payment, amount, lock=lock)
    is_latest = payment.id == payments[0].id
    by_credit = sum_credit(each for each in everything if _is_of_same_invoice(each, payment))
    return RefundPlan(purchase, payment, amount, origin, is_latest, by_credit)


def sum_credit(payments: Iterable[PaymentRow]) -> Cents:
    """What the buyer's credit at Stripe paid of these, which no refund returns."""
    return Cents(sum(payment.paid for payment in payments if payment.is_credit))


async def find_credit_beside(payment: PaymentRow) -> Cents:
    """What a credit paid of the same invoice."""
    everything = await list_payments([payment.purchase_id])
    return sum_credit(each for each in everything if _is_of_same_invoice(each, payment))


def _is_of_same_invoice(payment: PaymentRow, other: PaymentRow) -> bool:
    return payment.stripe_invoice_id == other.stripe_invoice_id


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


def _find_payment(payments: Sequence[PaymentRow], payment_id: PaymentId | None) -> PaymentRow:
    if not payments:
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
    if amount < payment.left:
        raise RefundNotAllowed(_PART, path=("amount_minor",))
    if not may_withdraw(purchase.paid_at, business_now()):
        raise RefundNotAllowed(_TOO_LATE)
    grant = await find_grant_of_purchase(purchase.id, lock=lock)
    if grant is None or grant.first_used_at is not None:
        raise RefundNotAllowed(_USED)


async def find_return_deadline(actor: Actor, purchase: PurchaseRow) -> datetime | None:
    """The last second in which its buyer may give it back whole; None if they may not."""
    if purchase.paid_at is None or purchase.account_id != actor.account_id:
        return None
    with contextlib.suppress(ChenuError):
        await plan_refund(actor, RefundSaleInput(purchase.id, None, None, ""))
        return withdrawal_ends_at(purchase.paid_at) - timedelta(seconds=1)
    return None
