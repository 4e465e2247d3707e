"""Mutations of a creator: profile, drafts, versions, submission, archiving."""

from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from chenu.agents.creators import update_creator
from chenu.agents.listing import ListingFields
from chenu.agents.model import AgentId, PriceType
from chenu.agents.queries import find_agent
from chenu.core.errors import NotFound
from chenu.flows.creators.edit_agent import (
    AgentInput,
    PriceInput,
    create_agent,
    create_version,
    update_agent,
)
from chenu.flows.creators.onboard_creator import CreatorInput, become_creator
from chenu.flows.creators.review_agent import archive_agent, submit_agent
from chenu.tiers.catalogue import AgentLevel
from chenu_graphql.context import Info
from chenu_graphql.creators import onboarding_url
from chenu_graphql.errors import UserError
from chenu_graphql.fields import field, input_argument, input_field
from chenu_graphql.ids import get_row_id
from chenu_graphql.market import Agent, Creator
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT
from chenu_graphql.scalars import URL, BigInt


@strawberry.input(description="A public face in the store.")
class CreatorOnboardInput:
    handle: str = input_field("3 to 30 lower-case letters, digits and single hyphens; for good.")
    display_name: str = input_field("The name for people.")
    bio: str | None = input_field("A few words, plain text.")
    country: str = input_field(
        "Two letters, in the European Economic Area; fixed once Stripe has it."
    )


@strawberry.input(description="Only what is given changes.")
class CreatorUpdateInput:
    display_name: str | None = input_field("The name for people.")
    bio: str | None = input_field("A few words, plain text.")


@strawberry.input(description="What an agent is to cost, VAT included.")
class AgentPriceInput:
    type: PriceType = input_field("FREE, once, or by the month.")
    amount_minor: BigInt | None = input_field("In cents. Required unless FREE.")


@strawberry.input(description="A new agent, as a draft.")
class AgentCreateInput:
    name: str = input_field("2 to 60 characters.")
    tagline: str = input_field("One sentence, at most 120 characters.")
    description: str = input_field("Markdown, at most 20,000 characters.")
    capabilities: list[str] = input_field("At most 10 search words.")
    language: str = input_field("'fr' or 'en': what the texts are written in.", default="fr")
    level: AgentLevel = input_field("How far it acts by itself.")
    sphere: str | None = input_field("The code of a sphere.")
    price: AgentPriceInput = input_field("What it is to cost.")
    average_minutes_saved: float | None = input_field("Per run; null: 15.")
    manifest: JSON = input_field(
        "Permissions are read from it. Numbers go from -(2^53-1) to 2^53-1."
    )
    custom: bool = input_field(
        "Private to the account: needs the CUSTOM_AGENTS entitlement; no price, no review.",
        default=False,
    )


@strawberry.input(
    description=(
        "Only what is given changes: a draft at once, a published agent when reviewed; prices at "
        "once."
    )
)
class AgentUpdateInput:
    agent_id: strawberry.ID = input_field("Which agent.")
    name: str | None = input_field("2 to 60 characters.")
    tagline: str | None = input_field("One sentence, at most 120 characters.")
    description: str | None = input_field("Markdown, at most 20,000 characters.")
    capabilities: list[str] | None = input_field("At most 10 search words.")
    language: str | None = input_field("'fr' or 'en'.")
    sphere: str | None = input_field("The code of a sphere.")
    price: AgentPriceInput | None = input_field("What it is to cost.")
    average_minutes_saved: float | None = input_field("Per run.")


@strawberry.input(description="A new version of an agent.")
class AgentVersionCreateInput:
    agent_id: strawberry.ID = input_field("Which agent.")
    number: str = input_field("Three numbers such as 1.4.0, higher than any before.")
    changelog: str = input_field("What is new, at most 5,000 characters.")
    manifest: JSON = input_field("As that of a new agent: what is sold.")


@strawberry.input(description="A draft to hand in for review.")
class AgentSubmitInput:
    agent_id: strawberry.ID = input_field("Which agent.")


@strawberry.input(description="An agent to take off sale for good.")
class AgentArchiveInput:
    agent_id: strawberry.ID = input_field("Which agent; buyers keep it.")


@strawberry.type(description="A creator profile.")
class CreatorPayload:
    creator: Creator | None = field("The profile.", PARENT)
    onboarding_url: URL | None = field(
        "Where the payout set-up goes on; null when nothing is due.", PARENT
    )
    user_errors: list[UserError] = user_errors()


@strawberry.type(description="An agent after a change.")
class AgentPayload:
    agent: Agent | None = field("The agent.", PARENT)
    user_errors: list[UserError] = user_errors()


def read_agent_id(sent: str) -> AgentId:
    """Raises NotFound for an invalid id, as for an agent that does not exist."""
    unknown = NotFound("There is no such agent", path=("agent_id",))
    return AgentId(get_row_id("Agent", sent, unknown))


async def load_payload(agent_id: AgentId) -> Payload:
    return Payload(agent=await find_agent(agent_id))


def _price(sent: AgentPriceInput) -> PriceInput:
    return PriceInput(sent.type, sent.amount_minor)


async def resolve_creator_onboard(
    info: Info, data: Annotated[CreatorOnboardInput, input_argument()]
) -> Payload:
    ctx = info.context
    profile = CreatorInput(data.handle, data.display_name, data.bio or "", data.country)
    creator = await become_creator(ctx.actor, profile)
    return Payload(creator=creator, onboarding_url=onboarding_url(ctx, creator))


async def resolve_creator_update(
    info: Info, data: Annotated[CreatorUpdateInput, input_argument()]
) -> Payload:
    ctx = info.context
    creator = await update_creator(ctx.actor, data.display_name, data.bio)
    return Payload(creator=creator, onboarding_url=onboarding_url(ctx, creator))


def _read_listing(data: AgentCreateInput | AgentUpdateInput) -> ListingFields:
    return ListingFields(
        name=data.name,
        tagline=data.tagline,
        description=data.description,
        capabilities=data.capabilities,
        language=data.language,
        sphere=data.sphere,
        minutes=data.average_minutes_saved,
    )


async def resolve_agent_create(
    info: Info, data: Annotated[AgentCreateInput, input_argument()]
) -> Payload:
    fields = _read_listing(data)
    manifest: Any = data.manifest
    draft = AgentInput(fields, data.level, _price(data.price), manifest, data.custom)
    return await load_payload(await create_agent(info.context.actor, draft))


async def resolve_agent_update(
    info: Info, data: Annotated[AgentUpdateInput, input_argument()]
) -> Payload:
    fields = _read_listing(data)
    agent_id = read_agent_id(data.agent_id)
    price = _price(data.price) if data.price else None
    await update_agent(info.context.actor, agent_id, fields, price)
    return await load_payload(agent_id)


async def resolve_agent_version_create(
    info: Info, data: Annotated[AgentVersionCreateInput, input_argument()]
) -> Payload:
    agent_id = read_agent_id(data.agent_id)
    manifest: Any = data.manifest
    await create_version(info.context.actor, agent_id, data.number, data.changelog, manifest)
    return await load_payload(agent_id)


async def resolve_agent_submit(
    info: Info, data: Annotated[AgentSubmitInput, input_argument()]
) -> Payload:
    agent_id = read_agent_id(data.agent_id)
    await submit_agent(info.context.actor, agent_id)
    return await load_payload(agent_id)


async def resolve_agent_archive(
    info: Info, data: Annotated[AgentArchiveInput, input_argument()]
) -> Payload:
    agent_id = read_agent_id(data.agent_id)
    await archive_agent(info.context.actor, agent_id)
    return await load_payload(agent_id)
