"""Stripe's ids of agents' prices: stored and cleared, by version."""

from chenu.agents.model import AgentId
from chenu.core import db
from chenu.core.fetched import FetchNumber


async def adopt_price(agent_id: AgentId, price_id: str, version: int) -> None:
    """Changes nothing if the agent's price has changed since."""
    sql = "UPDATE agent SET stripe_price_id = $2 WHERE id = $1 AND price_version = $3"
    await db.execute(sql, agent_id, price_id, version)


async def store_price_state(
    agent_id: AgentId,
    price_id: str,
    number: FetchNumber,
    *,
    is_sellable: bool,
    version: int | None,
) -> None:
    """Clears the agent's Stripe price if it cannot be sold.

    A price that can be sold again is restored if it was created for this `version` and there is no
    other. A stale answer changes nothing.
    """
    sql = """
        UPDATE agent SET price_fetch_number = $3, stripe_price_id = CASE WHEN $4 THEN $2 END
        WHERE id = $1 AND price_fetch_number < $3
            AND (stripe_price_id = $2 OR stripe_price_id IS NULL AND price_version = $5)
    """
    await db.execute(sql, agent_id, price_id, number, is_sellable, version)
