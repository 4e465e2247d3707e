"""The payment pages on which subscriptions begin."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chenu.billing.subscription_orders import (
    OrderId,
    OrderRow,
    OrderStatus,
    claim_order_question,
    end_order,
    get_order,
    list_pending_orders,
    record_order_page,
)
from chenu.flows.payment_pages import PageStep, PaymentPages
from chenu.ledger.operations import OperationKind


class SubscriptionPages(PaymentPages[OrderRow]):
    opening = PageStep(OperationKind.SUBSCRIPTION_CHECKOUT, "subscribe")
    outcome = PageStep(OperationKind.SUBSCRIPTION_OUTCOME, "subscribed")
    expiry = PageStep(OperationKind.SUBSCRIPTION_EXPIRY, "unsubscribe")

    async def get_order(self, order_id: UUID, *, lock: bool = False) -> OrderRow:
        return await get_order(OrderId(order_id), lock=lock)

    async def record_page(
        self, order: OrderRow, session_id: str, url: str | None, expires_at: datetime
    ) -> None:
        await record_order_page(order.id, session_id, url, expires_at)

    async def drop(self, order: OrderRow) -> None:
        await end_order(order.id, OrderStatus.CANCELED, failure_code="checkout_expired")

    async def list_unchanged(self, before: datetime, *, after: UUID) -> Sequence[UUID]:
        return await list_pending_orders(before, after=OrderId(after))

    async def claim_question(self, order_id: UUID, every: timedelta) -> bool:
        return await claim_order_question(OrderId(order_id), every)


SUBSCRIPTION_PAGES = SubscriptionPages()
