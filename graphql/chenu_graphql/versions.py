"""Versions of agents and the pending change; the manifest is what is sold."""

from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from chenu.agents.access import find_readable_manifest
from chenu.agents.model import AgentStatus
from chenu.agents.rows import ChangeRow
from chenu.agents.version_heads import VersionHead
from chenu_graphql.context import Info
from chenu_graphql.fields import Weight, field
from chenu_graphql.ids import public_id
from chenu_graphql.nodes import Node
from chenu_graphql.permissions import DECIDED, PARENT


def _id(root: strawberry.Parent[VersionHead]) -> strawberry.ID:
    return public_id("AgentVersion", root.id)


async def _open_manifest(root: strawberry.Parent[VersionHead], info: Info) -> dict[str, Any] | None:
    """Reading the manifest counts as use: a buyer's right of withdrawal ends with the answer."""
    ctx = info.context
    agent = await ctx.loaders.agents.load(root.agent_id)
    version = await ctx.loaders.versions.load(root.id)
    if agent is None or version is None:
        return None
    opened = await find_readable_manifest(ctx.actor, agent, version)
    if opened is None:
        return None
    ctx.reading.record_opened(opened, version.id)
    return opened.manifest


@strawberry.type(
    description=(
        "The thing bought: only its creator, staff and account holders with a grant see 'manifest'."
    )
)
class AgentVersion(Node):
    id: strawberry.ID = field("Global id.", PARENT, _id)
    number: str = field("Three numbers such as 1.4.0.", PARENT)
    status: AgentStatus = field("Where this version stands.", PARENT)
    changelog: str = field("What is new, as its creator wrote it.", PARENT)
    created_at: datetime = field("When it was handed in.", PARENT)
    manifest: JSON | None = field(
        "What is sold; null for who may not see it. For a buyer, reading it is its first use.",
        DECIDED,
        _open_manifest,
        weight=Weight(points=10),
    )


_SHOWN = (
    "name",
    "tagline",
    "description",
    "capabilities",
    "language",
    "sphere",
    "permissions",
)


def _describe_fields(root: strawberry.Parent[ChangeRow]) -> dict[str, Any]:
    """The edited fields by their public names, without derived ones."""
    known = {key: root.fields[key] for key in _SHOWN if key in root.fields}
    if "seconds_saved" in root.fields:
        known["averageMinutesSaved"] = root.fields["seconds_saved"] / 60
    return known


async def _load_version(root: strawberry.Parent[ChangeRow], info: Info) -> VersionHead | None:
    if root.version_id is None:
        return None
    return await info.context.loaders.version_heads.load(root.version_id)


@strawberry.type(description="What waits for review while the published version stays up.")
class AgentChange:
    status: AgentStatus = field("PENDING_REVIEW or REJECTED.", PARENT)
    fields: JSON = field("The edited fields with their new values.", PARENT, _describe_fields)
    version: AgentVersion | None = field("The new version, if there is one.", PARENT, _load_version)
    submitted_at: datetime | None = field("Since when it waits; pass it on as seenAt.", PARENT)
    rejection_reason: str | None = field("What the reviewer wrote.", PARENT)
