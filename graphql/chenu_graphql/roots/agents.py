"""Root fields of agents and creators: the store, a creator's work, the reviewer's decision."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from chenu.agents.featured import list_featured_agents, list_rising_agents
from chenu.agents.model import AgentId
from chenu.agents.queries import find_agent_by_slug, find_creator_by_handle
from chenu.agents.rows import AgentRow, CreatorRow
from chenu.core.errors import BadInput
from chenu.core.global_id import find_uuid
from chenu.core.staleness import ReadKind
from chenu_graphql import agent_edits
from chenu_graphql.agent_edits import AgentPayload, CreatorPayload
from chenu_graphql.agent_lists import resolve_agents
from chenu_graphql.agents import is_visible
from chenu_graphql.context import Info
from chenu_graphql.fields import CHANGE, Weight, argument, field
from chenu_graphql.market import Agent, AgentConnection, Creator
from chenu_graphql.permissions import AGENTS, ANYONE, DECIDED, REVIEWER
from chenu_graphql.staff import (
    resolve_agent_reinstate,
    resolve_agent_suspend,
    resolve_review_decision,
)


async def _agent(
    info: Info,
    public_id: Annotated[strawberry.ID | None, argument("Its global id.", name="id")] = None,
    slug: Annotated[str | None, argument("Its name in addresses.")] = None,
) -> AgentRow | None:
    ctx = info.context
    if (public_id is None) == (slug is None):
        raise BadInput("Please name the agent by either id or slug", path=("id",))
    agent: AgentRow | None = None
    if slug is not None:
        agent = await ctx.read_stale(ReadKind.API, find_agent_by_slug, slug)
    elif (row_id := find_uuid("Agent", public_id or "")) is not None:
        agent = await ctx.stale_loaders.agents.load(AgentId(row_id))
    return agent if agent is not None and await is_visible(ctx, agent) else None


async def _creator(
    info: Info, handle: Annotated[str, argument("The creator's name in addresses.")]
) -> CreatorRow | None:
    return await info.context.read_stale(ReadKind.API, find_creator_by_handle, handle)


async def _featured(info: Info) -> Sequence[AgentRow]:
    return await info.context.read_stale(ReadKind.API, list_featured_agents)


async def _rising(info: Info) -> Sequence[AgentRow]:
    return await info.context.read_stale(ReadKind.API, list_rising_agents)


@strawberry.type
class AgentQueries:
    agents: AgentConnection = field("The store.", ANYONE, resolve_agents, weight=Weight(points=5))
    agent: Agent | None = field(
        "By id or by slug; null for unknown ones and for what is not the caller's to see.",
        DECIDED,
        _agent,
    )
    featured_agents: list[Agent] = field(
        "Those that staff chose for the home page, in their order; at most six.",
        ANYONE,
        _featured,
        weight=Weight(size=6),
    )
    rising_agents: list[Agent] = field(
        "Creators' agents of the last 30 days, those that most accounts have first; at most six.",
        ANYONE,
        _rising,
        weight=Weight(size=6),
    )
    creator: Creator | None = field("By handle.", ANYONE, _creator)


@strawberry.type
class AgentMutations:
    creator_onboard: CreatorPayload = field(
        "Become a creator; again with the same handle changes nothing.",
        AGENTS,
        agent_edits.resolve_creator_onboard,
        weight=CHANGE,
    )
    creator_update: CreatorPayload = field(
        "Name and bio.", AGENTS, agent_edits.resolve_creator_update, weight=CHANGE
    )
    agent_create: AgentPayload = field(
        "A draft with version 1.0.0.", AGENTS, agent_edits.resolve_agent_create, weight=CHANGE
    )
    agent_update: AgentPayload = field(
        "Edits a draft at once, a published agent after review; prices at once.",
        AGENTS,
        agent_edits.resolve_agent_update,
        weight=CHANGE,
    )
    agent_version_create: AgentPayload = field(
        "Replaces a draft's version; a published agent's waits for review.",
        AGENTS,
        agent_edits.resolve_agent_version_create,
        weight=CHANGE,
    )
    agent_submit: AgentPayload = field(
        "Hands a draft in for review.", AGENTS, agent_edits.resolve_agent_submit, weight=CHANGE
    )
    agent_review_decide: AgentPayload = field(
        "Publishes or rejects; reviewers only.", REVIEWER, resolve_review_decision, weight=CHANGE
    )
    agent_suspend: AgentPayload = field(
        "Takes an agent off sale, with reasons; reviewers only.",
        REVIEWER,
        resolve_agent_suspend,
        weight=CHANGE,
    )
    agent_reinstate: AgentPayload = field(
        "Puts a suspended agent back on sale; reviewers only.",
        REVIEWER,
        resolve_agent_reinstate,
        weight=CHANGE,
    )
    agent_archive: AgentPayload = field(
        "Takes an agent off sale for good.",
        AGENTS,
        agent_edits.resolve_agent_archive,
        weight=CHANGE,
    )
