"""Closing a payment page on which a plan was to begin, and adopting what is true then."""

from chenu.billing.subscription_orders import (
    OrderId,
    OrderRow,
    OrderStatus,
    end_order,
    get_order,
)
from chenu.core import db
from chenu.flows.checkout_pages import SessionParams
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.flows.subscriptions.checkout import outcome_key, page_key
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation_after,
    find_by_key,
    find_last,
)


async def find_opening(order_id: OrderId) -> OperationRow | None:
    """The last operation that opens the order's page."""
    kinds = (OperationKind.SUBSCRIPTION_CHECKOUT,)
    return await find_last(kinds, order_id, page_key(order_id))


async def close_page(services: Services, order: OrderRow) -> OrderRow:
    """Canceled, or completed a moment before.

    Raises ProviderUnavailable when Stripe does not answer; nothing is decided then.
    """
    opening = await find_opening(order.id)
    if opening is not None:  # a page whose answer was lost is found first
        opening = await run_operation(services, opening.id)
    if opening is None or opening.state == OperationState.FAILED:
        return await _drop(order.id)
    current = await get_order(order.id)
    if current.is_pending and current.checkout_session_id is not None:
        expiry = await _create_expiry(current, current.checkout_session_id)
        await run_operation(services, expiry.id)
        await settle_page(services, current)
    return await get_order(order.id)


async def settle_page(services: Services, order: OrderRow) -> OrderRow:
    """Ask what became of the page. Raises ProviderUnavailable."""
    outcome = await find_by_key(outcome_key(order.id))
    if outcome is not None:
        await run_operation(services, outcome.id)
    return await get_order(order.id)


async def _create_expiry(order: OrderRow, session_id: str) -> OperationRow:
    """One that was refused is followed by another."""
    key = f"unsubscribe:{order.id}"
    last = await find_last((OperationKind.SUBSCRIPTION_EXPIRY,), order.id, key)
    if last is not None and last.state != OperationState.FAILED:
        return last
    new = NewOperation(
        OperationKind.SUBSCRIPTION_EXPIRY,
        key,
        SessionParams(session_id),
        subject_id=order.id,
        account_id=order.account_id,
    )
    return await create_operation_after(new, last)


async def _drop(order_id: OrderId) -> OrderRow:
    """An order for which no page was ever asked for, or none opened."""

    async def cancel() -> None:
        order = await get_order(order_id, lock=True)
        opening = await find_opening(order_id)
        has_page = opening is not None and opening.state != OperationState.FAILED
        if order.is_pending and not has_page:
            await end_order(order_id, OrderStatus.CANCELED, failure_code="checkout_expired")

    await db.run_in_transaction(cancel)
    return await get_order(order_id)
