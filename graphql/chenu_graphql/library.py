"""Access grants: an account's rights to agents."""

from datetime import datetime

import strawberry

from chenu.agents.access import GrantRow
from chenu.agents.model import GrantId, GrantSource
from chenu.agents.rows import AgentRow
from chenu_graphql.agents import Agent
from chenu_graphql.context import Context, Info
from chenu_graphql.fields import field
from chenu_graphql.ids import public_id
from chenu_graphql.nodes import Node, register_node
from chenu_graphql.permissions import HOLDER, READER

_Source = strawberry.Parent[GrantRow]


def _id(root: _Source) -> strawberry.ID:
    return public_id("AccessGrant", root.id)


async def _agent(root: _Source, info: Info) -> AgentRow | None:
    return await info.context.loaders.agents.load(root.agent_id)


@strawberry.type(description="The right to use an agent.")
class AccessGrant(Node):
    id: strawberry.ID = field("Global id.", HOLDER, _id)
    agent: Agent = field("What may be used.", HOLDER, _agent)
    source: GrantSource = field("Where the right comes from.", HOLDER)
    starts_at: datetime = field("Since when.", HOLDER)
    ends_at: datetime | None = field("Until when; null: for good.", HOLDER)
    revoked_at: datetime | None = field("When it was taken back.", HOLDER)
    revoked_reason: str | None = field("Why it was taken back.", HOLDER)


async def _find(ctx: Context, row_id: GrantId) -> GrantRow | None:
    READER.require(ctx)
    row = await ctx.loaders.grants.load(row_id)
    return row if row is not None and row.account_id == ctx.actor.account_id else None


register_node("AccessGrant", (GrantRow,), _find)
