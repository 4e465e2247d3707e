"""Agents that stop: suspended, or their creator has left. Who pays by the month pays no more."""

from chenu.accounts.queries import has_left
from chenu.agents.model import AgentStatus
from chenu.agents.rows import AgentRow


async def is_stopped(agent: AgentRow) -> bool:
    """Archived by its creator it goes on: buyers have what they bought."""
    if agent.status is AgentStatus.SUSPENDED:
        return True
    return agent.creator_owner is not None and await has_left(agent.creator_owner)
