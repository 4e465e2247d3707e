"""Agents as everybody sees them, and the little more that their makers see."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from chenu.agents.access import AgentAccess as Access
from chenu.agents.access import decide_access
from chenu.agents.model import AgentId, AgentKind, AgentStatus, PriceType, VersionId
from chenu.agents.queries import Sight, find_sight, is_maker, sees_every_state
from chenu.agents.rows import AgentRow, AgentText, ChangeRow, CreatorRow
from chenu.agents.version_heads import VersionHead
from chenu.tiers import spheres
from chenu.tiers.catalogue import AgentLevel
from chenu_graphql.context import Context, Info
from chenu_graphql.errors import Refusal, UserError, describe_refusal
from chenu_graphql.fields import Weight, field
from chenu_graphql.ids import public_id
from chenu_graphql.money import Money
from chenu_graphql.nodes import Node, register_node
from chenu_graphql.permissions import DECIDED, MAKER, PARENT
from chenu_graphql.scalars import URL, BigInt
from chenu_graphql.tiers import Sphere
from chenu_graphql.versions import AgentChange, AgentVersion

if TYPE_CHECKING:
    from chenu_graphql.creators import Creator
    from chenu_graphql.library import AccessGrant

AgentSource = strawberry.Parent[AgentRow]


async def is_visible(ctx: Context, agent: AgentRow) -> bool:
    """The business decides; what staff alone may see is logged."""
    sight = await find_sight(ctx.actor, agent)
    if sight is Sight.STAFF:
        ctx.reading.record_staff_read("agent", agent.id)
    return sight is not None


def _id(root: AgentSource) -> strawberry.ID:
    return public_id("Agent", root.id)


def _text(root: AgentRow, info: Info) -> AgentText:
    return root.text(info.context.locale)


def _name(root: AgentSource, info: Info) -> str:
    return _text(root, info).name


def _tagline(root: AgentSource, info: Info) -> str:
    return _text(root, info).tagline


def _description(root: AgentSource, info: Info) -> str:
    return _text(root, info).description


def _description_html(root: AgentSource, info: Info) -> str:
    return _text(root, info).description_html


def _sphere(root: AgentSource) -> spheres.Sphere | None:
    return spheres.find_sphere(root.sphere)


def _icon_url(root: AgentSource, info: Info) -> str:
    return info.context.services.url(f"/icons/{root.id}.svg")


def _creator(root: AgentSource) -> CreatorRow | None:
    return root.maker


async def _version(root: AgentSource, info: Info) -> VersionHead | None:
    if root.current_version is None:
        return None
    return await info.context.loaders.version_heads.load(root.current_version)


async def _versions(root: AgentSource, info: Info) -> list[VersionHead]:
    ctx = info.context
    all_states = sees_every_state(ctx.actor, root)
    versions = await ctx.loaders.versions_of_agents.load((root.id, all_states))
    if not is_maker(ctx.actor, root) and not all(version.is_published for version in versions):
        ctx.reading.record_staff_read("versions", root.id)
    return versions


def _rating(root: AgentSource) -> float | None:
    return root.rating_sum / root.review_count if root.review_count else None


def _minutes(root: AgentSource) -> float:
    return root.seconds_saved / 60


def _unknown_yet(root: AgentSource) -> None:
    """No run has been reported yet, and below 20 there is no figure."""


async def _access(root: AgentSource, info: Info) -> Access:
    ctx = info.context
    grant = await ctx.loaders.usable_grants.load(root.id)
    return decide_access(ctx.actor, root, grant)


async def _change(root: AgentSource, info: Info) -> ChangeRow | None:
    return await info.context.loaders.changes.load(root.id)


def _reason(root: strawberry.Parent[Access], info: Info) -> Refusal | None:
    if root.refusal is None:
        return None
    return describe_refusal(root.refusal, info.context.locale)


@strawberry.type(description="What an agent costs, VAT included.")
class AgentPrice:
    type: PriceType = field("FREE, once, or by the month.", PARENT)
    amount: Money = field("0 exactly when it is FREE.", PARENT)


@strawberry.type(description="What the caller may do with an agent.")
class AgentAccess:
    can_use: bool = field("Whether the agent may be run and its manifest read.", PARENT)
    grant: Annotated["AccessGrant", strawberry.lazy("chenu_graphql.library")] | None = field(
        "What gives access; null for the plan's own agents and for one's own.", PARENT
    )
    reason: UserError | None = field("What would lift the refusal.", PARENT, _reason)


@strawberry.type(description="A listing in the marketplace.")
class Agent(Node):
    id: strawberry.ID = field("Global id.", PARENT, _id)
    slug: str = field("Its name in addresses.", PARENT)
    kind: AgentKind = field("Where it comes from.", PARENT)
    status: AgentStatus = field("Where it stands.", PARENT)
    name: str = field("In the caller's language where there is a translation.", PARENT, _name)
    tagline: str = field("One sentence.", PARENT, _tagline)
    description: str = field(
        "Markdown as written; 'descriptionHtml' is sanitised.", PARENT, _description
    )
    description_html: str = field("The description as safe HTML.", PARENT, _description_html)
    capabilities: list[str] = field("What it can do, as search words.", PARENT)
    permissions: list[str] = field("What it may touch, read from its manifest.", PARENT)
    level: AgentLevel = field("How far it acts by itself.", PARENT)
    sphere: Sphere | None = field("The sphere it belongs to.", PARENT, _sphere)
    icon_url: URL | None = field("An SVG drawn from its id.", PARENT, _icon_url)
    price: AgentPrice = field("What it costs now.", PARENT)
    creator: Annotated["Creator", strawberry.lazy("chenu_graphql.creators")] | None = field(
        "Who made it; null for the platform's own.", PARENT, _creator
    )
    version: AgentVersion | None = field("The current version.", PARENT, _version)
    versions: list[AgentVersion] = field(
        "Newest first, at most 100; to its creator also what is not published.",
        PARENT,
        _versions,
        weight=Weight(size=5),
    )
    rating: float | None = field("1 to 5; null without reviews.", PARENT, _rating)
    review_count: int = field("How many reviews it has.", PARENT)
    installs: int = field("Accounts that hold or held a grant.", PARENT)
    average_minutes_saved: float = field("Per run, as its creator claims.", PARENT, _minutes)
    language: str = field("'fr' or 'en': what its creator wrote it in.", PARENT)
    success_rate: float | None = field(
        "From runs that the CHE·NU apps reported; null until there are 20 in 30 days.",
        PARENT,
        _unknown_yet,
    )
    median_tokens: BigInt | None = field(
        "Of a run; null until there are 20 in 30 days.", PARENT, _unknown_yet
    )
    published_at: datetime | None = field("When it was first published.", PARENT)
    viewer_access: AgentAccess = field("What the viewer may do with it.", DECIDED, _access)
    rejection_reason: str | None = field("Creator and staff only.", MAKER)
    pending_change: AgentChange | None = field(
        "What waits for review; creator and staff only.", MAKER, _change
    )
    submitted_at: datetime | None = field(
        "Since when it waits for review, for seenAt; creator and staff only.", MAKER
    )


async def _find(ctx: Context, row_id: AgentId) -> AgentRow | None:
    agent = await ctx.loaders.agents.load(row_id)
    return agent if agent is not None and await is_visible(ctx, agent) else None


async def _find_version(ctx: Context, row_id: VersionId) -> VersionHead | None:
    """Of an agent that may be seen: a published one, or any for its maker and reviewers."""
    version = await ctx.loaders.version_heads.load(row_id)
    agent = await _find(ctx, version.agent_id) if version is not None else None
    if version is None or agent is None or version.is_published:
        return version if agent is not None else None
    if not sees_every_state(ctx.actor, agent):
        return None
    if not is_maker(ctx.actor, agent):
        ctx.reading.record_staff_read("version", version.id)
    return version


register_node("Agent", (AgentRow,), _find)
register_node("AgentVersion", (VersionHead,), _find_version)
