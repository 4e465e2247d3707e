"""An agent and its price as Stripe's product and price: a projection of ours."""

from chenu.agents.model import AgentId
from chenu.agents.rows import AgentRow
from chenu.billing.gateway import AgentPriceWish
from chenu.core import db
from chenu.flows.services import Services
from chenu.flows.step import Step, read_params, subject_of
from chenu.ledger.operations import OperationKind, OperationRow, Wish


def price_wish(agent: AgentRow) -> Wish:
    """The operation that makes this version of the agent's price; amounts never change there."""
    params = AgentPriceWish(
        product_id=f"agent_{agent.id.hex}",
        name=agent.name,
        amount=agent.price_amount,
        lookup_key=f"agent_{agent.id.hex}_v{agent.price_version}",
        agent_id=str(agent.id),
    )
    key = f"price:{agent.id}:v{agent.price_version}"
    return Wish(
        OperationKind.AGENT_PRICE, key, params, subject_id=agent.id, amount=agent.price_amount
    )


class AgentPriceStep(Step):
    async def ask(self, services: Services, operation: OperationRow) -> str:
        wish = read_params(operation, AgentPriceWish)
        return await services.gateway.put_agent_price(wish, operation.idempotency_key)

    async def settle(self, operation: OperationRow, answer: str) -> str:
        """Adopt it, unless the agent's price has moved on since."""
        agent_id: AgentId = subject_of(operation)
        sql = """
            UPDATE agent SET stripe_price_id = $2
            WHERE id = $1 AND $3 = 'price:' || id || ':v' || price_version
        """
        await db.execute(sql, agent_id, answer, operation.business_key)
        return answer
