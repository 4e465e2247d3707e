"""Closing a payment page: when its offer has ended, or its time is over."""

from collections.abc import Iterable

from chenu.accounts.actor import AccountId
from chenu.agents.model import AgentId, PurchaseId, PurchaseStatus
from chenu.agents.purchases import (
    PurchaseRow,
    get_own_purchase,
    get_purchase,
    list_pending_of_agent,
    move_status,
)
from chenu.agents.queries import find_agent
from chenu.agents.rows import AgentRow
from chenu.billing.gateway import CheckoutRequest, OutcomeUnknown
from chenu.core import db
from chenu.flows.mirrors.sync import (
    sync_customer,
    sync_price,
    was_updated_since,
)
from chenu.flows.operations.handler import read_params
from chenu.flows.operations.runner import run_operation
from chenu.flows.purchases.checkout import (
    create_expiry,
    find_gone,
    find_opening,
    forget_gone,
    is_open_for,
    payment_key,
)
from chenu.flows.services import Services
from chenu.ledger.operations import OperationState, find_by_key

_TIME_TO_PAY = 60


def may_continue(purchase: PurchaseRow, agent: AgentRow) -> bool:
    """Is the page, or the one about to open, still for what is on offer?"""
    is_same_offer = agent.is_on_sale and agent.price_amount == purchase.price_amount
    is_usable = purchase.checkout_session_id is None or is_open_for(purchase, _TIME_TO_PAY)
    return is_same_offer and is_usable and (agent.price_amount == 0 or bool(agent.payouts_ready))


async def is_page_current(services: Services, purchase: PurchaseRow) -> bool:
    """Is the open page, if there is one, for the customer and the price that Stripe has now?

    Raises ProviderUnavailable when it shows what is not true any more and Stripe does not answer.
    """
    opening = await find_opening(purchase.id)
    if opening is None or purchase.checkout_url is None:
        return True
    request = read_params(opening, CheckoutRequest)
    owner = await sync_customer(services, purchase.account_id)
    agent = await sync_price(services, purchase.agent_id, purchase.price)
    ours = owner.customer_id, (agent.stripe_price_id,)
    if (request.customer_id, request.price_ids) != ours:
        return False
    if await was_updated_since(purchase.account_id, purchase.agent_id, opening):
        return False
    try:
        gone = await find_gone(services, request)
    except OutcomeUnknown:
        return True  # nothing is known against it
    await forget_gone(gone, purchase.agent_id)
    return not gone.names


async def close_checkout(services: Services, purchase: PurchaseRow) -> PurchaseRow:
    """Close the page at Stripe, then adopt what is true: canceled, or paid a moment before.

    Raises ProviderUnavailable when Stripe does not answer; nothing is decided then.
    """
    opening = await find_opening(purchase.id)
    if opening is not None:  # a page whose answer was lost is found first
        opening = await run_operation(services, opening.id)
    if opening is None or opening.state == OperationState.FAILED:
        return await _drop(purchase.id)
    current = await get_purchase(purchase.id)
    if current.is_pending and current.checkout_session_id is not None:
        expiry = await create_expiry(current, current.checkout_session_id)
        await run_operation(services, expiry.id)
        payment = await find_by_key(payment_key(purchase.id))
        if payment is not None:
            await run_operation(services, payment.id)
    return await get_purchase(purchase.id)


async def _drop(purchase_id: PurchaseId) -> PurchaseRow:
    """A request for which no page was ever asked for, or none opened."""
    async with db.transaction():
        purchase = await get_purchase(purchase_id, lock=True)
        opening = await find_opening(purchase_id)
        has_page = opening is not None and opening.state != OperationState.FAILED
        if purchase.is_pending and not has_page:
            reason = "checkout_expired"
            await move_status(purchase_id, PurchaseStatus.CANCELED, failure_code=reason)
    return await get_purchase(purchase_id)


async def cancel_own_purchase(
    services: Services, account_id: AccountId, purchase_id: PurchaseId
) -> PurchaseRow:
    """The buyer changed their mind before paying. Raises NotFound, ProviderUnavailable."""
    purchase = await get_own_purchase(account_id, purchase_id)
    return await close_checkout(services, purchase) if purchase.is_pending else purchase


async def close_pages_of(
    services: Services,
    purchases: Iterable[PurchaseRow],
    *,
    customer_id: str = "",
    price_id: str = "",
) -> None:
    """Pages for a customer or a price that is gone at Stripe: nobody could pay there."""
    for purchase in purchases:
        opening = await find_opening(purchase.id)
        if opening is None:
            continue
        request = read_params(opening, CheckoutRequest)
        if request.customer_id == customer_id or price_id in request.price_ids:
            await close_checkout(services, purchase)


async def close_checkouts_of_agent(services: Services, agent_id: AgentId) -> None:
    """After a change of price, state or seller: pages of what is no longer on offer close."""
    agent = await find_agent(agent_id)
    if agent is None:
        return
    for purchase in await list_pending_of_agent(agent_id):
        if not may_continue(purchase, agent):
            await close_checkout(services, purchase)
