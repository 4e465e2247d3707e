"""Whether an account may run an agent: by its plan, by a grant, as its maker, or as a free try."""

import msgspec

from chenu.accounts.actor import Actor, ActorKind
from chenu.agents.access import GrantRow, decide_access, list_usable_grants
from chenu.agents.errors import NotInLibrary
from chenu.agents.model import AgentId, AgentKind, AgentStatus
from chenu.agents.queries import find_agent, find_viewer_role
from chenu.agents.rows import AgentRow
from chenu.core.errors import ChenuError, InvalidState, NotFound

FREE_TRIES = 3
"""Of each account with each marketplace agent that it has not got."""
FREE_TRY_TOKENS = 50
"""At most so many in each of them."""
FREE_TRIES_TOKENS = FREE_TRIES * FREE_TRY_TOKENS


class RunAccess(msgspec.Struct, frozen=True):
    """`refusal` None: the agent may be run. `is_free_try`: if a free try is left.

    `grant` is what gives access; None for the plan's own agents and for one's own.
    """

    grant: GrantRow | None = None
    is_free_try: bool = False
    refusal: ChenuError | None = None


def decide_run(actor: Actor, agent: AgentRow, grant: GrantRow | None) -> RunAccess:
    """`grant` is the account's usable grant, if any. Pure."""
    if agent.kind is AgentKind.CUSTOM and agent.status is AgentStatus.ARCHIVED:
        return RunAccess(
            refusal=InvalidState("This private agent was archived: make a new one to go on")
        )
    if _is_own_through_app(actor, agent):
        return RunAccess(grant)
    access = decide_access(actor, agent, grant)
    if isinstance(access.refusal, NotInLibrary):
        return RunAccess(is_free_try=True)
    return RunAccess(access.grant, refusal=access.refusal)


def _is_own_through_app(actor: Actor, agent: AgentRow) -> bool:
    """A service key acts for an account and not for a person: its maker's account counts."""
    is_app = actor.kind is ActorKind.SERVICE_KEY and actor.account_id is not None
    return is_app and agent.creator_account == actor.account_id


async def find_runnable(actor: Actor, agent_id: AgentId) -> tuple[AgentRow, RunAccess]:
    """The agent, and whether the actor may run it; raises NotFound for one that they may not see.

    Whoever may run it may see it, whatever scopes their key has.
    """
    agent = await find_agent(agent_id)
    if agent is None or actor.account_id is None:
        raise NotFound("There is no such agent", path=("agent_id",))
    grants = await list_usable_grants(actor.account_id, [agent_id])
    access = decide_run(actor, agent, grants[0] if grants else None)
    if access.refusal is not None and await find_viewer_role(actor, agent) is None:
        raise NotFound("There is no such agent", path=("agent_id",))
    return agent, access


async def require_in_use(actor: Actor, agent_id: AgentId) -> None:
    """What is used without a run needs what a run needs; a free try is a run.

    Raises NotFound, PlanRequired, NotInLibrary, InvalidState.
    """
    _, access = await find_runnable(actor, agent_id)
    if access.is_free_try:
        raise NotInLibrary("This agent is not in your library yet", path=("agent_id",))
    if access.refusal is not None:
        raise access.refusal
