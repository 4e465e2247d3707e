"""What a decision did is undone: where it still stands, and no later one took its place."""

from collections.abc import Awaitable, Callable

from chenu.agents.model import AgentId, AgentStatus, ReviewId
from chenu.agents.queries import find_agent, find_change, lock_agent
from chenu.agents.review_removal import put_back_review
from chenu.agents.reviews import return_change
from chenu.flows.creators.review_agent import queue_for_review
from chenu.flows.creators.suspend_agent import put_back_on_sale
from chenu.moderation.decisions import DecisionRow, find_latest_decision
from chenu.moderation.model import DecisionKind


async def take_back(decision: DecisionRow) -> None:
    """In the caller's transaction."""
    latest = await find_latest_decision(decision.kind, decision.subject)
    if latest is not None and latest.id == decision.id:
        await _TAKE_BACK[decision.kind](decision)


async def _reinstate(decision: DecisionRow) -> None:
    agent_id = AgentId(decision.subject)
    await lock_agent(agent_id)
    agent = await find_agent(agent_id)
    if agent is not None and agent.status is AgentStatus.SUSPENDED:
        await put_back_on_sale(agent)


async def _return_to_review(decision: DecisionRow) -> None:
    """Of the agent, or of the change of one that is on sale."""
    agent_id = AgentId(decision.subject)
    await lock_agent(agent_id)
    agent = await find_agent(agent_id)
    if agent is None:
        return
    change = await find_change(agent_id, lock=True)
    if agent.status is AgentStatus.REJECTED:
        await queue_for_review(agent)
    elif change is not None and change.status is AgentStatus.REJECTED:
        await return_change(change.id, change.version_id)


async def _put_back_review(decision: DecisionRow) -> None:
    await put_back_review(ReviewId(decision.subject))


_TAKE_BACK: dict[DecisionKind, Callable[[DecisionRow], Awaitable[None]]] = {
    DecisionKind.AGENT_SUSPENDED: _reinstate,
    DecisionKind.AGENT_REJECTED: _return_to_review,
    DecisionKind.REVIEW_REMOVED: _put_back_review,
}
"""What undoes each kind."""
