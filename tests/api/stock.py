"""A small store: five agents of one creator, each more expensive than the one before."""

from typing import Any

from chenu.accounts.actor import Staff
from chenu.agents.rows import AgentRow
from chenu.flows.creators.edit_agent import create_agent
from chenu.flows.creators.review_agent import decide_review, submit_agent
from chenu.flows.services import Services
from tests.people import agent_input, get_agent, make_creator, make_person
from tests.prepared import prepare

NAMES = ["Alpha", "Beta", "Gamma", "Delta", "Epsilon"]


async def stock(services: Services, count: int = 5) -> list[AgentRow]:
    """Agents of one creator, each more expensive than the one before."""
    return await prepare(services, ("stock", count), lambda: _build_stock(services, count))


async def _build_stock(services: Services, count: int) -> list[AgentRow]:
    creator, _ = await make_creator(services)
    reviewer = await make_person("reviewer", staff=(Staff.REVIEWER,))
    agents = []
    for index, name in enumerate(NAMES[:count]):
        request = agent_input(name=name, price=100 * (index + 1))
        agent_id = await create_agent(creator.actor, request)
        await submit_agent(creator.actor, agent_id)
        await decide_review(reviewer.actor, agent_id, approve=True, reason=None)
        agents.append(await get_agent(agent_id))
    return agents


def names(connection: dict[str, Any]) -> list[str]:
    return [edge["node"]["name"] for edge in connection["edges"]]
