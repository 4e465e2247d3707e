"""What became of a payment page on which a plan was to begin, as its page says it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from chenu.accounts.actor import AccountId
from chenu.billing.subscription_orders import (
    OrderId,
    OrderRow,
    OrderStatus,
    claim_order_question,
    get_order,
    get_own_order,
)
from chenu.core.errors import ProviderUnavailable
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.flows.subscriptions.checkout import outcome_key
from chenu.flows.subscriptions.close import find_opening, settle_page
from chenu.ledger.operations import find_by_key

_ASKED_EVERY = timedelta(seconds=3)


class OrderState(StrEnum):
    """What is known for sure; CONFIRMING: Stripe did not answer, nobody should pay again."""

    BEGUN = "BEGUN"
    OPEN = "OPEN"
    CONFIRMING = "CONFIRMING"
    CANCELED = "CANCELED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class OrderReport:
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
    if order.is_pending and await _may_ask(services, order_id):
        try:
            opening = await find_opening(order_id)
            if opening is not None:
                await run_operation(services, opening.id)
            order = await settle_page(services, order)
        except ProviderUnavailable:
            return OrderReport(await get_order(order_id), OrderState.CONFIRMING)
    if order.is_pending and await _is_unknown(order_id):
        return OrderReport(order, OrderState.CONFIRMING)
    return OrderReport(order, _BY_STATUS[order.status])


async def _may_ask(services: Services, order_id: OrderId) -> bool:
    """Once in a few seconds for all who look, in whichever process."""
    if not services.settings.cache_seconds:  # tests look at what they just changed
        return True
    return await claim_order_question(order_id, _ASKED_EVERY)


async def _is_unknown(order_id: OrderId) -> bool:
    rows = (await find_opening(order_id), await find_by_key(outcome_key(order_id)))
    return any(row is not None and row.is_unknown for row in rows)
