"""How the fields of an access grant are resolved: an account's right to an agent."""

import strawberry

from chenu.agents.access import GrantRow
from chenu.agents.model import GrantId
from chenu_graphql.context import Context
from chenu_graphql.ids import public_id
from chenu_graphql.nodes import register_node
from chenu_graphql.permissions import READER
from chenu_graphql.relations import by_key

_Source = strawberry.Parent[GrantRow]


def resolve_id(root: _Source) -> strawberry.ID:
    return public_id("AccessGrant", root.id)


resolve_agent = by_key(lambda ctx: ctx.loaders.agents, lambda root: root.agent_id)


async def _find(ctx: Context, row_id: GrantId) -> GrantRow | None:
    READER.require(ctx)
    row = await ctx.loaders.grants.load(row_id)
    return row if row is not None and row.account_id == ctx.actor.account_id else None


register_node("AccessGrant", (GrantRow,), _find)
