"""Stripe says that a copy of ours was deleted or archived: forget it, and close its pages.

What is forgotten is made anew before the next checkout. docs/decisions/0019.
"""

from chenu.accounts.customers import find_account_of_customer, forget_customer
from chenu.agents.model import AgentId
from chenu.agents.purchases import list_pending_of_account, list_pending_of_agent
from chenu.agents.queries import find_agent
from chenu.billing.gateway import PriceState
from chenu.core.fetched import Fetched
from chenu.flows.mirrors.agent_price import (
    fetch_price,
    find_agent_of_product,
    store_price_state,
)
from chenu.flows.purchases.outdated_pages import close_pages_of
from chenu.flows.services import Services


async def follow_customer(services: Services, customer_id: str) -> bool:
    """False for nobody of ours. An event only names whom to ask about.

    Raises ProviderUnavailable.
    """
    if await find_account_of_customer(customer_id) is None:
        return False
    if await services.customers.is_customer_there(customer_id):
        return True
    account_id = await forget_customer(customer_id)
    if account_id is not None:
        pending = await list_pending_of_account(account_id)
        await close_pages_of(services, pending, customer_id=customer_id)
    return True


async def follow_price(services: Services, price_id: str) -> bool:
    """Archived, or its product is. False for no price of an agent. Raises ProviderUnavailable."""
    fetched = await fetch_price(services.catalogue, price_id)
    agent_id = find_agent_of_product(fetched.value.product_id)
    if agent_id is None:
        return False
    await _follow_sale(services, agent_id, fetched)
    return True


async def follow_product(services: Services, product_id: str) -> bool:
    """Archived or deleted, and the agent's price with it. False for no agent of ours.

    Raises ProviderUnavailable.
    """
    agent_id = find_agent_of_product(product_id)
    agent = await find_agent(agent_id) if agent_id is not None else None
    if agent is None:
        return False
    price_id = agent.stripe_price_id
    if price_id is not None:
        await _follow_sale(services, agent.id, await fetch_price(services.catalogue, price_id))
    return True


async def _follow_sale(services: Services, agent_id: AgentId, fetched: Fetched[PriceState]) -> None:
    await store_price_state(agent_id, fetched)
    price, agent = fetched.value, await find_agent(agent_id)
    # Stored or not: where a newer answer says that it is sold, its pages stay.
    if agent is not None and not price.is_sellable and agent.stripe_price_id != price.id:
        pending = await list_pending_of_agent(agent_id)
        await close_pages_of(services, pending, price_id=price.id)
