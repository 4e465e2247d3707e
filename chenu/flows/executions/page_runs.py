"""Running an agent once from its page: a run that our own side reports, to show what one costs.

Nothing is asked of a model here. The CHE·NU apps do the real work, by the same two steps.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from chenu.accounts.actor import Actor
from chenu.accounts.roles import Right
from chenu.agents.access import choose_version
from chenu.agents.executions import ExecutionRow, count_free_tries, list_min_tokens
from chenu.agents.model import AgentId, VersionId
from chenu.agents.queries import find_agent
from chenu.agents.rows import AgentRow
from chenu.agents.run_access import FREE_TRIES, FREE_TRY_TOKENS, find_runnable
from chenu.agents.run_summaries import list_run_summaries
from chenu.core.errors import NotFound
from chenu.flows.executions.authorize import authorize_execution
from chenu.flows.executions.finish import complete_execution
from chenu.flows.executions.requests import AuthorizeInput, CompleteInput
from chenu.flows.services import Services

_ROOM = 2
"""What is proposed, in typical runs."""


class RunOffer(msgspec.Struct, frozen=True):
    """`typical` is what a run takes; `proposed` what it is proposed to allow.

    `tries_left` None: not a free try.
    """

    typical: int
    proposed: int
    tries_left: int | None = None

    @property
    def is_open(self) -> bool:
        return self.tries_left != 0


async def list_run_offers(
    agents: Sequence[AgentRow], used: Mapping[AgentId, VersionId | None]
) -> dict[AgentId, RunOffer]:
    """Of agents that the account may use, in these versions: two statements for all of them."""
    least = await list_min_tokens([version_id for version_id in used.values() if version_id])
    summaries = {row.agent_id: row for row in await list_run_summaries([a.id for a in agents])}
    offers = {}
    for agent in agents:
        version_id = used[agent.id]
        lowest = least.get(version_id, 1) if version_id else 1
        summary = summaries.get(agent.id)
        middle = summary.median_tokens if summary and summary.has_figures else None
        typical = max(lowest, middle or 0, 1)
        offers[agent.id] = RunOffer(typical, typical * _ROOM)
    return offers


async def find_run_offer(actor: Actor, agent: AgentRow) -> RunOffer | None:
    """None for whoever may not run it, also where a purchase or a plan would let them."""
    if actor.account_id is None or not actor.has_right(Right.USE_AGENTS):
        return None
    try:
        _, access = await find_runnable(actor, agent.id)
    except NotFound:
        return None
    if access.refusal is not None:
        return None
    version_id = choose_version(agent, access.grant)
    offer = (await list_run_offers([agent], {agent.id: version_id}))[agent.id]
    if not access.is_free_try:
        return offer
    left = max(0, FREE_TRIES - await count_free_tries(actor.account_id, agent.id))
    return RunOffer(min(offer.typical, FREE_TRY_TOKENS), FREE_TRY_TOKENS, left)


async def run_once(
    services: Services, actor: Actor, request: AuthorizeInput, idempotency_key: str
) -> ExecutionRow:
    """Authorised and reported at once, with what a run of the agent typically takes.

    Raises what both steps raise. Repeated after a crash, it goes on where it stopped.
    """
    run = await authorize_execution(services, actor, request, idempotency_key)
    if run.tokens_used is not None:  # what a run typically takes may be another number by now
        return run
    agent = await find_agent(run.agent_id)
    if agent is None:
        raise NotFound("There is no such agent", path=("agent_id",))
    offer = (await list_run_offers([agent], {agent.id: run.version_id}))[agent.id]
    used = min(offer.typical, run.max_tokens)
    return await complete_execution(services, actor, CompleteInput(run.id, used), _key_of(run.id))


def _key_of(run_id: UUID) -> str:
    """Of the second step: the same whenever the form is sent again."""
    return f"report:{run_id}"
