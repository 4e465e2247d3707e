"""Stripe says that a copy of ours was deleted or archived: forget it, and close its pages.

What is forgotten is made anew before the next checkout. docs/decisions/0019.
"""

from chenu.agents.model import AgentId
from chenu.agents.purchases import list_pending_of_account, list_pending_of_agent
from chenu.agents.queries import find_agent
from chenu.flows.mirrors.agent_price import find_agent_of_product, forget_price
from chenu.flows.mirrors.customer import forget_customer
from chenu.flows.purchases.outdated_pages import close_pages_of
from chenu.flows.services import Services


async def follow_customer(services: Services, customer_id: str) -> None:
    """Asks Stripe: an event only names whom to look at. Raises ProviderUnavailable."""
    if await services.gateway.is_customer_there(customer_id):
        return
    account_id = await forget_customer(customer_id)
    if account_id is not None:
        pending = await list_pending_of_account(account_id)
        await close_pages_of(services, pending, customer_id=customer_id)


async def follow_price(services: Services, price_id: str) -> None:
    """Archived, or its product is. Raises ProviderUnavailable."""
    price = await services.gateway.find_price(price_id)
    agent_id = find_agent_of_product(price.product_id) if price is not None else None
    if price is not None and agent_id is not None and not price.is_sellable:
        await _stop_selling(services, price_id, agent_id)


async def follow_product(services: Services, product_id: str) -> None:
    """Archived or deleted, and the agent's price with it. Raises ProviderUnavailable."""
    agent_id = find_agent_of_product(product_id)
    agent = await find_agent(agent_id) if agent_id is not None else None
    if agent is None or agent.stripe_price_id is None:
        return
    price = await services.gateway.find_price(agent.stripe_price_id)
    if price is None or not price.is_sellable:
        await _stop_selling(services, agent.stripe_price_id, agent.id)


async def _stop_selling(services: Services, price_id: str, agent_id: AgentId) -> None:
    await forget_price(price_id, agent_id)
    await close_pages_of(services, await list_pending_of_agent(agent_id), price_id=price_id)
