"""The three roots: what can be asked, changed and watched."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import strawberry

from chenu.agents.model import AgentId
from chenu.agents.queries import find_agent_by_slug, find_creator_by_handle
from chenu.agents.rows import AgentRow, CreatorRow
from chenu.core.errors import BadInput
from chenu.core.global_id import find_uuid
from chenu.core.paging import MAX_PAGE
from chenu.metering import plans
from chenu.tiers import catalogue, spheres
from chenu.tiers.catalogue import TierCode
from chenu.tokens import packs
from chenu_graphql import agent_edits, api_keys, buying, sessions
from chenu_graphql.agent_edits import AgentPayload, CreatorPayload
from chenu_graphql.agent_lists import AgentConnection, browse
from chenu_graphql.agents import Agent, is_visible
from chenu_graphql.api_keys import ApiKeyPayload
from chenu_graphql.buying import AgentPurchasePayload, watch_purchase
from chenu_graphql.context import Info
from chenu_graphql.creators import Creator
from chenu_graphql.fields import Weight, argument, field
from chenu_graphql.nodes import Node, find_node
from chenu_graphql.people import User, find_viewer
from chenu_graphql.permissions import (
    AGENTS,
    ANYONE,
    DECIDED,
    MARKETPLACE,
    PERSON,
    READER,
    REVIEWER,
    SESSION,
    STAFF,
)
from chenu_graphql.purchases import Purchase
from chenu_graphql.sessions import OkPayload, SessionPayload, SignOutPayload
from chenu_graphql.staff import Staff, decide, open_office
from chenu_graphql.tiers import ApiPlan, Sphere, Tier, TokenPack


async def _node(
    info: Info, public_id: Annotated[strawberry.ID, argument("Its global id.", name="id")]
) -> object | None:
    return await find_node(info.context, public_id)


async def _nodes(
    info: Info,
    public_ids: Annotated[list[strawberry.ID], argument("At most 100 global ids.", name="ids")],
) -> list[object | None]:
    """All at once, so that each loader sees all of its ids together."""
    if len(public_ids) > MAX_PAGE:
        raise BadInput("At most {count} values", path=("ids",), count=MAX_PAGE)
    return await asyncio.gather(*(find_node(info.context, public_id) for public_id in public_ids))


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
        agent = await find_agent_by_slug(slug)
    elif (row_id := find_uuid("Agent", public_id or "")) is not None:
        agent = await ctx.loaders.agents.load(AgentId(row_id))
    return agent if agent is not None and await is_visible(ctx, agent) else None


async def _creator(
    handle: Annotated[str, argument("The creator's name in addresses.")],
) -> CreatorRow | None:
    return await find_creator_by_handle(handle)


def _tiers() -> Sequence[catalogue.Tier]:
    return catalogue.TIERS


def _tier(code: Annotated[TierCode, argument("Which one.")]) -> catalogue.Tier:
    return catalogue.get_tier(code)


def _api_plans() -> Sequence[plans.ApiPlan]:
    return plans.API_PLANS


def _token_packs() -> Sequence[packs.TokenPack]:
    return packs.TOKEN_PACKS


def _spheres() -> Sequence[spheres.Sphere]:
    return spheres.SPHERES


@strawberry.type(description="What can be asked.")
class Query:
    node: Node | None = field(
        "Any object by its id; null for unknown ids and for what is not the caller's to see.",
        DECIDED,
        _node,
    )
    nodes: list[Node | None] = field(
        "Several objects by their ids, in the order asked.",
        DECIDED,
        _nodes,
        weight=Weight(size_argument="ids"),
    )
    viewer: User | None = field("Who asks; null without a session or key.", READER, find_viewer)
    tiers: list[Tier] = field(
        "All tiers, from the cheapest up.", ANYONE, _tiers, weight=Weight(size=5)
    )
    tier: Tier = field("One tier.", ANYONE, _tier)
    api_plans: list[ApiPlan] = field(
        "Plans of the paid API.", ANYONE, _api_plans, weight=Weight(size=4)
    )
    token_packs: list[TokenPack] = field(
        "Tokens to buy.", ANYONE, _token_packs, weight=Weight(size=4)
    )
    spheres: list[Sphere] = field("The nine spheres.", ANYONE, _spheres, weight=Weight(size=9))
    agents: AgentConnection = field("The store.", ANYONE, browse, weight=Weight(points=5))
    agent: Agent | None = field(
        "By id or by slug; null for unknown ones and for what is not the caller's to see.",
        DECIDED,
        _agent,
    )
    creator: Creator | None = field("By handle.", ANYONE, _creator)
    staff: Staff | None = field(
        "The back office; null for everyone who is not staff (with FORBIDDEN).",
        STAFF,
        open_office,
    )


_CHANGE = Weight(points=10)


@strawberry.type(description="What can be changed; at most five in a document.")
class Mutation:
    sign_up: SessionPayload = field(
        "A new person with a personal account, signed in.",
        PERSON,
        sessions.start,
        weight=_CHANGE,
        sensitive=True,
    )
    sign_in: SessionPayload = field(
        "A new session; the answer sets its cookie.",
        PERSON,
        sessions.enter,
        weight=_CHANGE,
        sensitive=True,
    )
    sign_out: SignOutPayload = field(
        "Ends this session.", PERSON, sessions.leave, weight=_CHANGE, sensitive=True
    )
    user_update: SessionPayload = field(
        "Name and language at once, an address when its mail's link was opened.",
        SESSION,
        sessions.update,
        weight=_CHANGE,
    )
    password_change: OkPayload = field(
        "Ends every other session.", SESSION, sessions.change, weight=_CHANGE, sensitive=True
    )
    password_reset_request: OkPayload = field(
        "Answers the same whether the address is known or not.",
        PERSON,
        sessions.request_reset,
        weight=_CHANGE,
        sensitive=True,
    )
    password_reset: OkPayload = field(
        "With the mailed link, once; ends all sessions.",
        PERSON,
        sessions.reset,
        weight=_CHANGE,
        sensitive=True,
    )
    email_verify: OkPayload = field(
        "Proves the first address or a changed one.",
        PERSON,
        sessions.verify,
        weight=_CHANGE,
        sensitive=True,
    )
    creator_onboard: CreatorPayload = field(
        "Become a creator; again with the same handle changes nothing.",
        AGENTS,
        agent_edits.onboard,
        weight=_CHANGE,
    )
    creator_update: CreatorPayload = field(
        "Name and bio.", AGENTS, agent_edits.update_profile, weight=_CHANGE
    )
    agent_create: AgentPayload = field(
        "A draft with version 1.0.0.", AGENTS, agent_edits.create, weight=_CHANGE
    )
    agent_update: AgentPayload = field(
        "Edits a draft at once, a published agent after review; prices at once.",
        AGENTS,
        agent_edits.update,
        weight=_CHANGE,
    )
    agent_version_create: AgentPayload = field(
        "Replaces a draft's version; a published agent's waits for review.",
        AGENTS,
        agent_edits.add_version,
        weight=_CHANGE,
    )
    agent_submit: AgentPayload = field(
        "Hands a draft in for review.", AGENTS, agent_edits.submit, weight=_CHANGE
    )
    agent_review_decide: AgentPayload = field(
        "Publishes or rejects; reviewers only.", REVIEWER, decide, weight=_CHANGE
    )
    agent_archive: AgentPayload = field(
        "Takes an agent off sale for good.", AGENTS, agent_edits.archive, weight=_CHANGE
    )
    agent_purchase: AgentPurchasePayload = field(
        "Opens the payment page of an agent; a free one is the buyer's at once.",
        MARKETPLACE,
        buying.buy,
        weight=_CHANGE,
        sensitive=True,
    )
    api_key_create: ApiKeyPayload = field(
        "A new key; its secret is shown once.",
        SESSION,
        api_keys.create,
        weight=_CHANGE,
        sensitive=True,
    )
    api_key_revoke: ApiKeyPayload = field(
        "At once and for good; again changes nothing.", SESSION, api_keys.revoke, weight=_CHANGE
    )


@strawberry.type(description="Live updates over graphql-transport-ws and SSE.")
class Live:
    purchase_settled: Purchase = field(
        "Fires once, at once when it is settled already.",
        READER,
        watch_purchase,
        weight=Weight(points=10),
        live=True,
    )
