"""How the fields of an agent are resolved, and who may see one."""

from collections.abc import Callable
from typing import Any, TypeGuard

import strawberry

from chenu.agents.access import AgentAccess as Access
from chenu.agents.access import choose_version, decide_access
from chenu.agents.model import AgentId, PriceType, VersionId
from chenu.agents.queries import ViewerRole, find_viewer_role, is_maker, sees_every_state
from chenu.agents.rows import AgentRow, AgentText, CreatorRow
from chenu.agents.run_summaries import RunSummary
from chenu.agents.version_heads import VersionHead
from chenu.media.pictures import PictureSize, picture_url
from chenu.tiers import spheres
from chenu_graphql.agent_columns import minutes_of, rate
from chenu_graphql.context import Context, Info
from chenu_graphql.errors import Refusal, describe_refusal
from chenu_graphql.fields import field
from chenu_graphql.ids import public_id
from chenu_graphql.money import Money
from chenu_graphql.nodes import register_node
from chenu_graphql.permissions import PARENT
from chenu_graphql.relations import by_key

AgentSource = strawberry.Parent[AgentRow]


async def is_visible(ctx: Context, agent: AgentRow) -> bool:
    """By the rule that pages use too.

    Showing what only staff may see is written to the audit log.
    """
    role = await find_viewer_role(ctx.actor, agent)
    if role is ViewerRole.STAFF:
        ctx.reading.record_staff_read("agent", agent.id)
    return role is not None


def resolve_id(root: AgentSource) -> strawberry.ID:
    return public_id("Agent", root.id)


def _text(root: AgentRow, info: Info) -> AgentText:
    return root.text(info.context.locale)


def resolve_name(root: AgentSource, info: Info) -> str:
    return _text(root, info).name


def resolve_tagline(root: AgentSource, info: Info) -> str:
    return _text(root, info).tagline


def resolve_description(root: AgentSource, info: Info) -> str:
    return _text(root, info).description


def resolve_description_html(root: AgentSource, info: Info) -> str:
    return _text(root, info).description_html


def resolve_sphere(root: AgentSource) -> spheres.Sphere | None:
    return spheres.find_sphere(root.sphere)


def resolve_icon_url(root: AgentSource, info: Info) -> str:
    if root.icon is None:
        return info.context.services.url(f"/icons/{root.id}.svg")
    return info.context.services.url(picture_url(root.icon, PictureSize.LARGE))


def resolve_creator(root: AgentSource) -> CreatorRow | None:
    return root.maker


async def resolve_version(root: AgentSource, info: Info) -> VersionHead | None:
    """What the viewer's account bought or accepted, so that its runs and its manifest agree."""
    ctx = info.context
    grant = await ctx.loaders.usable_grants.load(root.id)
    used = choose_version(root, grant)
    # a grant may be newer than what a replica has, and so may its version
    loaders = ctx.stale_loaders if grant is None else ctx.loaders
    return None if used is None else await loaders.version_heads.load(used)


async def resolve_versions(root: AgentSource, info: Info) -> list[VersionHead]:
    ctx = info.context
    all_states = sees_every_state(ctx.actor, root)
    versions = await ctx.stale_loaders.versions_of_agents.load((root.id, all_states))
    if not is_maker(ctx.actor, root) and not all(version.is_published for version in versions):
        ctx.reading.record_staff_read("versions", root.id)
    return versions


def resolve_rating(root: AgentSource) -> float | None:
    return rate(root.rating_sum, root.review_count)


def resolve_minutes(root: AgentSource) -> float:
    return minutes_of(root.seconds_saved)


def _by_summary(make: Callable[[RunSummary | None], object]) -> Callable[..., Any]:
    return by_key(lambda ctx: ctx.stale_loaders.run_summaries, lambda root: root.id, make)


def _has_figures(summary: RunSummary | None) -> TypeGuard[RunSummary]:
    """Whether there is enough of it."""
    return summary is not None and summary.has_figures


resolve_success_rate = _by_summary(
    lambda summary: summary.success_rate if _has_figures(summary) else None
)
resolve_median_tokens = _by_summary(
    lambda summary: summary.median_tokens if _has_figures(summary) else None
)
resolve_recent_accounts = _by_summary(lambda summary: summary.accounts if summary else 0)


async def resolve_access(root: AgentSource, info: Info) -> Access:
    """By the agent as it is now: the row of a list may be old."""
    ctx, agent = info.context, root
    if ctx.reads_replica:
        agent = await ctx.loaders.agents.load(root.id) or root
    grant = await ctx.loaders.usable_grants.load(root.id)
    return decide_access(ctx.actor, agent, grant)


resolve_change = by_key(lambda ctx: ctx.loaders.changes, lambda root: root.id)


def resolve_reason(root: strawberry.Parent[Access], info: Info) -> Refusal | None:
    if root.refusal is None:
        return None
    return describe_refusal(root.refusal, info.context.locale)


@strawberry.type(description="What an agent costs, VAT included.")
class AgentPrice:
    type: PriceType = field("FREE, once, or by the month.", PARENT)
    amount: Money = field("0 exactly when it is FREE.", PARENT)


async def _find(ctx: Context, row_id: AgentId) -> AgentRow | None:
    agent = await ctx.stale_loaders.agents.load(row_id)
    return agent if agent is not None and await is_visible(ctx, agent) else None


async def _find_version(ctx: Context, row_id: VersionId) -> VersionHead | None:
    """A version that the caller may see: a published one, or any for its creator and reviewers."""
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
