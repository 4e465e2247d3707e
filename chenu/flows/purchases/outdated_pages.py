"""Payment pages that show what is not true any more are closed before anybody pays on them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from chenu.agents.model import AgentId
from chenu.agents.purchases import PurchaseRow, list_pending_of_agent
from chenu.agents.queries import find_agent
from chenu.agents.rows import AgentRow
from chenu.billing.gateway import CheckoutRequest, OutcomeUnknown
from chenu.core.clock import system_now
from chenu.flows.mirrors.sync import sync_customer, sync_price, was_updated_since
from chenu.flows.operation_handlers import read_params
from chenu.flows.purchases.gone_copies import find_gone, forget_gone
from chenu.flows.purchases.pages import PURCHASE_PAGES
from chenu.flows.services import Services

_TIME_TO_PAY = 60


def may_continue(purchase: PurchaseRow, agent: AgentRow) -> bool:
    """Is the page, or the one about to open, still for what is on offer?"""
    is_same_offer = agent.is_on_sale and agent.price == purchase.price
    is_usable = purchase.checkout_session_id is None or is_open_for(purchase, _TIME_TO_PAY)
    return is_same_offer and is_usable and (agent.price_amount == 0 or bool(agent.payouts_ready))


async def is_page_current(services: Services, purchase: PurchaseRow) -> bool:
    """Is the open page, if there is one, for the customer and the price that Stripe has now?

    Raises ProviderUnavailable when it shows what is not true any more and Stripe does not answer.
    """
    opening = await PURCHASE_PAGES.find_opening(purchase.id)
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
        gone = await find_gone(services.customers, services.catalogue, request)
    except OutcomeUnknown:
        return True  # nothing is known against it
    await forget_gone(gone, purchase.agent_id)
    return not gone.names


def is_open_for(purchase: PurchaseRow, seconds: int) -> bool:
    """Has the buyer still this long to pay on the page that is open?"""
    expires_at = purchase.checkout_expires_at or datetime.min.replace(tzinfo=UTC)
    return purchase.checkout_url is not None and expires_at - system_now() > timedelta(
        seconds=seconds
    )


async def close_pages_of(
    services: Services,
    purchases: Iterable[PurchaseRow],
    *,
    customer_id: str = "",
    price_id: str = "",
) -> None:
    """Pages for a customer or a price that is gone at Stripe: nobody could pay there."""
    for purchase in purchases:
        opening = await PURCHASE_PAGES.find_opening(purchase.id)
        if opening is None:
            continue
        request = read_params(opening, CheckoutRequest)
        if request.customer_id == customer_id or price_id in request.price_ids:
            await PURCHASE_PAGES.close(services, purchase)


async def close_checkouts_of_agent(services: Services, agent_id: AgentId) -> None:
    """After a change of price, state or seller: pages of what is no longer on offer close.

    One page that cannot be closed keeps no other open; then it raises, and is called again.
    """
    agent = await find_agent(agent_id)
    if agent is None:
        return
    failures: list[Exception] = []
    for purchase in await list_pending_of_agent(agent_id):
        if not may_continue(purchase, agent):
            try:
                await PURCHASE_PAGES.close(services, purchase)
            except Exception as error:
                failures.append(error)
    if failures:
        raise failures[0]
