"""Stripe's page on which a subscription begins: opened, asked about, and closed."""

from dataclasses import dataclass

import msgspec

from chenu.accounts.customers import forget_customer
from chenu.billing.coupons import find_code, set_at_stripe
from chenu.billing.gateway import (
    CheckoutLine,
    CheckoutMode,
    CheckoutRequest,
    CheckoutSession,
    CheckoutStatus,
    StripeRefusal,
)
from chenu.billing.ports import CheckoutPort, CouponPort, CustomerPort, SubscriptionPort
from chenu.billing.recurring import SubscriptionState
from chenu.billing.subscription_orders import (
    OrderRow,
    OrderStatus,
    end_order,
)
from chenu.core.fetched import Fetched, fetch
from chenu.flows.checkout_pages import SessionParams, next_expiry
from chenu.flows.operation_handlers import (
    NotYet,
    OperationHandler,
    get_subject,
)
from chenu.flows.payment_pages import ExpiryHandler, OpeningHandler
from chenu.flows.subscriptions.mirror import adopt_subscription
from chenu.flows.subscriptions.pages import SUBSCRIPTION_PAGES
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
)


class CustomerGone(StripeRefusal):
    """The page was refused because Stripe does not have the customer any more."""


class CouponGone(StripeRefusal):
    """The page was refused because Stripe does not have the coupon any more."""


class PageUrls(msgspec.Struct, frozen=True):
    """Where the buyer's browser returns to."""

    success: str
    cancel: str


class PageOffer(msgspec.Struct, frozen=True):
    """What is sold, by Stripe's ids."""

    price_id: str
    coupon_id: str | None = None


def page_operation(
    order: OrderRow, customer_id: str, offer: PageOffer, urls: PageUrls, locale: str
) -> NewOperation:
    """The operation that opens the page; all of it is frozen, so that a retry is the same."""
    params = CheckoutRequest(
        mode=CheckoutMode.SUBSCRIPTION,
        customer_id=customer_id,
        lines=(CheckoutLine(offer.price_id),),
        reference=str(order.id),
        metadata={
            "kind": order.kind.lower(),
            "order_id": str(order.id),
            "account_id": str(order.account_id),
        },
        success_url=urls.success,
        cancel_url=urls.cancel,
        locale=locale,
        expires_at=next_expiry(),
        trial_days=order.trial_days or None,
        coupon_ids=(offer.coupon_id,) if offer.coupon_id else (),
    )
    return SUBSCRIPTION_PAGES.open_with(order, params, order.price)


@dataclass(frozen=True)
class SubscriptionCheckoutHandler(OpeningHandler):
    customers: CustomerPort
    coupons: CouponPort

    kind = OperationKind.SUBSCRIPTION_CHECKOUT
    pages = SUBSCRIPTION_PAGES

    async def call(self, operation: OperationRow, params: CheckoutRequest) -> CheckoutSession:
        try:
            return await self.checkouts.create_checkout(params, operation)
        except StripeRefusal as refusal:
            if not await self.customers.is_customer_there(params.customer_id):
                raise CustomerGone("customer_gone", str(refusal), refusal.param) from refusal
            for coupon_id in params.coupon_ids:
                if not await self.coupons.is_coupon_there(coupon_id):
                    raise CouponGone("coupon_gone", str(refusal), refusal.param) from refusal
            raise

    async def on_refused(
        self, operation: OperationRow, params: CheckoutRequest, refusal: StripeRefusal
    ) -> None:
        """No page was opened, nothing can be paid; with what is gone made again one may open."""
        if isinstance(refusal, CustomerGone):
            await forget_customer(params.customer_id)
            return
        if isinstance(refusal, CouponGone):
            for coupon_id in params.coupon_ids:
                await set_at_stripe(find_code(coupon_id) or "", is_there=False)
            return
        order_id = get_subject(operation)
        await end_order(order_id, OrderStatus.FAILED, failure_code="checkout_refused")


Outcome = Fetched[SubscriptionState] | None
"""The subscription that the page made; None when it closed without one."""


@dataclass(frozen=True)
class SubscriptionOutcomeHandler(OperationHandler[SessionParams, Outcome]):
    """Asks what became of the page; changes nothing at Stripe."""

    checkouts: CheckoutPort
    subscriptions: SubscriptionPort

    kind = OperationKind.SUBSCRIPTION_OUTCOME
    params_type = SessionParams

    async def call(self, operation: OperationRow, params: SessionParams) -> Outcome:
        session = await self.checkouts.get_checkout(params.session_id)
        if session.status is CheckoutStatus.OPEN:
            raise NotYet("not completed yet")
        made = session.subscription_id
        if made is None:
            return None
        return await fetch(lambda: self.subscriptions.get_subscription(made))

    async def apply(
        self, operation: OperationRow, params: SessionParams, answer: Outcome
    ) -> str | None:
        if answer is None:
            order_id = get_subject(operation)
            await end_order(order_id, OrderStatus.CANCELED, failure_code="checkout_expired")
            return None
        if not await adopt_subscription(answer):  # its customer was deleted at Stripe meanwhile
            order_id = get_subject(operation)
            await end_order(order_id, OrderStatus.CANCELED, failure_code="checkout_gone")
        return answer.value.id

    async def on_refused(
        self, operation: OperationRow, params: SessionParams, refusal: StripeRefusal
    ) -> None:
        """Stripe does not have the page any more: another order may open one."""
        order_id = get_subject(operation)
        await end_order(order_id, OrderStatus.CANCELED, failure_code="checkout_gone")


class SubscriptionExpiryHandler(ExpiryHandler):
    kind = OperationKind.SUBSCRIPTION_EXPIRY
