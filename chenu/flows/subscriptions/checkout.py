"""Stripe's page on which a subscription begins: opened, asked about, and closed."""

from dataclasses import dataclass, replace

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
    OrderId,
    OrderRow,
    OrderStatus,
    end_order,
    get_order,
    record_order_page,
)
from chenu.core.errors import InvalidState
from chenu.core.fetched import Fetched, fetch
from chenu.flows.checkout_pages import SessionParams, next_expiry
from chenu.flows.operation_handlers import (
    ChangeHandler,
    NotYet,
    OperationHandler,
    get_subject,
)
from chenu.flows.subscriptions.mirror import adopt_subscription
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    create_operation,
)


class CustomerGone(StripeRefusal):
    """The page was refused because Stripe does not have the customer any more."""


def page_key(order_id: OrderId) -> str:
    return f"subscribe:{order_id}"


def outcome_key(order_id: OrderId) -> str:
    return f"subscribed:{order_id}"


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
    return NewOperation(
        OperationKind.SUBSCRIPTION_CHECKOUT,
        page_key(order.id),
        params,
        subject_id=order.id,
        account_id=order.account_id,
        amount=order.price,
    )


@dataclass(frozen=True)
class SubscriptionCheckoutHandler(OperationHandler[CheckoutRequest, CheckoutSession]):
    checkouts: CheckoutPort
    customers: CustomerPort

    kind = OperationKind.SUBSCRIPTION_CHECKOUT
    params_type = CheckoutRequest

    async def call(self, operation: OperationRow, params: CheckoutRequest) -> CheckoutSession:
        try:
            return await self.checkouts.create_checkout(params, operation)
        except StripeRefusal as refusal:
            if await self.customers.is_customer_there(params.customer_id):
                raise
            raise CustomerGone("customer_gone", str(refusal), refusal.param) from refusal

    async def find_existing(
        self, operation: OperationRow, params: CheckoutRequest
    ) -> CheckoutSession | None:
        return await self.checkouts.find_checkout(params.customer_id, operation)

    async def apply(
        self, operation: OperationRow, params: CheckoutRequest, answer: CheckoutSession
    ) -> str:
        order = await get_order(get_subject(operation), lock=True)
        await record_order_page(order.id, answer.id, answer.url, answer.expires_at)
        await create_operation(
            NewOperation(
                OperationKind.SUBSCRIPTION_OUTCOME,
                outcome_key(order.id),
                SessionParams(answer.id),
                subject_id=order.id,
                account_id=order.account_id,
                amount=order.price,
            )
        )
        return answer.id

    async def on_refused(
        self, operation: OperationRow, params: CheckoutRequest, refusal: StripeRefusal
    ) -> None:
        """No page was opened, nothing can be paid; with a new customer one may open."""
        if isinstance(refusal, CustomerGone):
            await forget_customer(params.customer_id)
            return
        order_id = get_subject(operation)
        await end_order(order_id, OrderStatus.FAILED, failure_code="checkout_refused")

    async def renew(self, operation: OperationRow, params: CheckoutRequest) -> CheckoutRequest:
        if not (await get_order(get_subject(operation))).is_pending:
            raise InvalidState("This request has ended: the buyer can make another one")
        return replace(params, expires_at=next_expiry())


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


@dataclass(frozen=True)
class SubscriptionExpiryHandler(ChangeHandler[SessionParams]):
    """Only closes the page; what that means for the order is SUBSCRIPTION_OUTCOME's to say."""

    checkouts: CheckoutPort

    kind = OperationKind.SUBSCRIPTION_EXPIRY
    params_type = SessionParams

    async def call(self, operation: OperationRow, params: SessionParams) -> None:
        await self.checkouts.expire_checkout(params.session_id, operation)
