"""What became of a payment page on which a plan was to begin, as its page says it."""

from enum import StrEnum

import msgspec

from chenu.accounts.actor import AccountId
from chenu.billing.subscription_orders import (
    OrderId,
    OrderRow,
    OrderStatus,
    get_own_order,
)
from chenu.flows.services import Services
from chenu.flows.subscriptions.pages import SUBSCRIPTION_PAGES


class OrderState(StrEnum):
    """What is known for sure; CONFIRMING: Stripe did not answer, nobody should pay again."""

    BEGUN = "BEGUN"
    OPEN = "OPEN"
    CONFIRMING = "CONFIRMING"
    CANCELED = "CANCELED"
    FAILED = "FAILED"


class OrderReport(msgspec.Struct, frozen=True):
    order: OrderRow
    state: OrderState


_BY_STATUS = {
    OrderStatus.PENDING: OrderState.OPEN,
    OrderStatus.COMPLETED: OrderState.BEGUN,
    OrderStatus.CANCELED: OrderState.CANCELED,
    OrderStatus.FAILED: OrderState.FAILED,
}


async def report_order(services: Services, account_id: AccountId, order_id: OrderId) -> OrderReport:
    """Repair on read: while it is pending, Stripe is asked every few seconds at most.

    Raises NotFound for another account's.
    """
    order = await get_own_order(account_id, order_id)
    answer = await SUBSCRIPTION_PAGES.ask(services, order)
    state = OrderState.CONFIRMING if answer.is_confirming else _BY_STATUS[answer.order.status]
    return OrderReport(answer.order, state)
