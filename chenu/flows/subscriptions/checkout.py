"""Stripe's page on which a subscription begins: opened, asked about, and closed."""

from dataclasses import dataclass

import msgspec

from chenu.accounts.customers import forget_customer
from chenu.billing.gateway import (
    CheckoutLine,
    CheckoutMode,
    CheckoutRequest,
    CheckoutSession,
    CheckoutStatus,
    StripeRefusal,
)
from chenu.billing.ports import CheckoutPort, CustomerPort, SubscriptionPort
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


class PageUrls(msgspec.Struct, frozen=True):
    """Where the buyer's browser returns to."""

    success: str
    cancel: str


def page_operation(
    order: OrderRow, customer_id: str, price_id: str, urls: PageUrls, locale: str
) -> NewOperation:
    """The operation that opens the page; all of it is frozen, so that a retry is the same."""
    params = CheckoutRequest(
        mode=CheckoutMode.SUBSCRIPTION,
        customer_id=customer_id,
        lines=(CheckoutLine(price_id),),
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
    )
    return SUBSCRIPTION_PAGES.open_with(order, params, order.price)


@dataclass(frozen=True)
class SubscriptionCheckoutHandler(OpeningHandler):
    customers: CustomerPort

    kind = OperationKind.SUBSCRIPTION_CHECKOUT
    pages = SUBSCRIPTION_PAGES

    async def call(self, operation: OperationRow, params: CheckoutRequest) -> CheckoutSession:
        try:
            return await self.checkouts.create_checkout(params, operation)
        except StripeRefusal as refusal:
            if await self.customers.is_customer_there(params.customer_id):
                raise
            raise CustomerGone("customer_gone", str(refusal), refusal.param) from refusal

    async def on_refused(
        self, operation: OperationRow, params: CheckoutRequest, refusal: StripeRefusal
    ) -> None:
        """No page was opened, nothing can be paid; with a new customer one may open."""
        if isinstance(refusal, CustomerGone):
            await forget_customer(params.customer_id)
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
        await adopt_subscription(answer)
        return answer.value.id

    async def on_refused(
        self, operation: OperationRow, params: SessionParams, refusal: StripeRefusal
    ) -> None:
        """Stripe does not have the page any more: another order may open one."""
        order_id = get_subject(operation)
        await end_order(order_id, OrderStatus.CANCELED, failure_code="checkout_gone")


class SubscriptionExpiryHandler(ExpiryHandler):
    kind = OperationKind.SUBSCRIPTION_EXPIRY
