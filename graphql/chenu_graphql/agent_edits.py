"""A creator's work through the API: profile, drafts, versions, submission, archiving."""

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
from chenu_graphql.fields import field, given, wanted
from chenu_graphql.ids import get_row_id
from chenu_graphql.market import Agent, Creator
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT
from chenu_graphql.scalars import URL, BigInt


@strawberry.input(description="A public face in the store.")
class CreatorOnboardInput:
    handle: str = given("3 to 30 lower-case letters, digits and single hyphens; for good.")
    display_name: str = given("The name for people.")
    bio: str | None = given("A few words, plain text.")
    country: str = given("Two letters, in the European Economic Area; fixed once Stripe has it.")


@strawberry.input(description="Only what is given changes.")
class CreatorUpdateInput:
    display_name: str | None = given("The name for people.")
    bio: str | None = given("A few words, plain text.")


@strawberry.input(description="What an agent is to cost, VAT included.")
class AgentPriceInput:
    type: PriceType = given("FREE, once, or by the month.")
    amount_minor: BigInt | None = given("In cents. Required unless FREE.")


@strawberry.input(description="A new agent, as a draft.")
class AgentCreateInput:
    name: str = given("2 to 60 characters.")
    tagline: str = given("One sentence, at most 120 characters.")
    description: str = given("Markdown, at most 20,000 characters.")
    capabilities: list[str] = given("At most 10 search words.")
    language: str = given("'fr' or 'en': what the texts are written in.", default="fr")
    level: AgentLevel = given("How far it acts by itself.")
    sphere: str | None = given("The code of a sphere.")
    price: AgentPriceInput = given("What it is to cost.")
    average_minutes_saved: float | None = given("Per run; null: 15.")
    manifest: JSON = given("Permissions are read from it. Numbers go from -(2^53-1) to 2^53-1.")
    custom: bool = given(
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
    agent_id: strawberry.ID = given("Which agent.")
    name: str | None = given("2 to 60 characters.")
    tagline: str | None = given("One sentence, at most 120 characters.")
    description: str | None = given("Markdown, at most 20,000 characters.")
    capabilities: list[str] | None = given("At most 10 search words.")
    language: str | None = given("'fr' or 'en'.")
    sphere: str | None = given("The code of a sphere.")
    price: AgentPriceInput | None = given("What it is to cost.")
    average_minutes_saved: float | None = given("Per run.")


@strawberry.input(description="A new version of an agent.")
class AgentVersionCreateInput:
    agent_id: strawberry.ID = given("Which agent.")
    number: str = given("Three numbers such as 1.4.0, higher than any before.")
    changelog: str = given("What is new, at most 5,000 characters.")
    manifest: JSON = given("As that of a new agent: what is sold.")


@strawberry.input(description="A draft to hand in for review.")
class AgentSubmitInput:
    agent_id: strawberry.ID = given("Which agent.")


@strawberry.input(description="An agent to take off sale for good.")
class AgentArchiveInput:
    agent_id: strawberry.ID = given("Which agent; buyers keep it.")


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
    """Raises NotFound, as for an agent that does not exist."""
    unknown = NotFound("There is no such agent", path=("agent_id",))
    return AgentId(get_row_id("Agent", sent, unknown))


async def show(agent_id: AgentId) -> Payload:
    return Payload(agent=await find_agent(agent_id))


def _price(sent: AgentPriceInput) -> PriceInput:
    return PriceInput(sent.type, sent.amount_minor)


async def onboard(info: Info, data: Annotated[CreatorOnboardInput, wanted()]) -> Payload:
    ctx = info.context
    profile = CreatorInput(data.handle, data.display_name, data.bio or "", data.country)
    creator = await become_creator(ctx.actor, profile)
    return Payload(creator=creator, onboarding_url=onboarding_url(ctx, creator))


async def update_profile(info: Info, data: Annotated[CreatorUpdateInput, wanted()]) -> Payload:
    ctx = info.context
    creator = await update_creator(ctx.actor, data.display_name, data.bio)
    return Payload(creator=creator, onboarding_url=onboarding_url(ctx, creator))


async def create(info: Info, data: Annotated[AgentCreateInput, wanted()]) -> Payload:
    fields = ListingFields(
        name=data.name,
        tagline=data.tagline,
        description=data.description,
        capabilities=data.capabilities,
        language=data.language,
        sphere=data.sphere,
        minutes=data.average_minutes_saved,
    )
    manifest: Any = data.manifest
    draft = AgentInput(fields, data.level, _price(data.price), manifest, data.custom)
    return await show(await create_agent(info.context.actor, draft))


async def update(info: Info, data: Annotated[AgentUpdateInput, wanted()]) -> Payload:
    fields = ListingFields(
        name=data.name,
        tagline=data.tagline,
        description=data.description,
        capabilities=data.capabilities,
        language=data.language,
        sphere=data.sphere,
        minutes=data.average_minutes_saved,
    )
    agent_id = read_agent_id(data.agent_id)
    price = _price(data.price) if data.price else None
    await update_agent(info.context.actor, agent_id, fields, price)
    return await show(agent_id)


async def add_version(info: Info, data: Annotated[AgentVersionCreateInput, wanted()]) -> Payload:
    agent_id = read_agent_id(data.agent_id)
    manifest: Any = data.manifest
    await create_version(info.context.actor, agent_id, data.number, data.changelog, manifest)
    return await show(agent_id)


async def submit(info: Info, data: Annotated[AgentSubmitInput, wanted()]) -> Payload:
    agent_id = read_agent_id(data.agent_id)
    await submit_agent(info.context.actor, agent_id)
    return await show(agent_id)


async def archive(info: Info, data: Annotated[AgentArchiveInput, wanted()]) -> Payload:
    agent_id = read_agent_id(data.agent_id)
    await archive_agent(info.context.actor, agent_id)
    return await show(agent_id)
