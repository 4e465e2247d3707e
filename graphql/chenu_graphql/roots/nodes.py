"""Root fields that find any object by its global id."""

import asyncio
from typing import Annotated

import strawberry

from chenu.core.errors import BadInput
from chenu.core.paging import MAX_PAGE
from chenu_graphql.context import Info
from chenu_graphql.fields import Weight, argument, field
from chenu_graphql.nodes import Node, find_node
from chenu_graphql.permissions import DECIDED


async def _resolve_node(
    info: Info, public_id: Annotated[strawberry.ID, argument("Its global id.", name="id")]
) -> object | None:
    return await find_node(info.context, public_id)


async def _resolve_nodes(
    info: Info,
    public_ids: Annotated[list[strawberry.ID], argument("At most 100 global ids.", name="ids")],
) -> list[object | None]:
    """All at once, so that each loader sees all of its ids together."""
    if len(public_ids) > MAX_PAGE:
        raise BadInput("At most {count} values", path=("ids",), count=MAX_PAGE)
    return await asyncio.gather(*(find_node(info.context, public_id) for public_id in public_ids))


@strawberry.type
class NodeQueries:
    node: Node | None = field(
        "Any object by its id; null for unknown ids and for what is not the caller's to see.",
        DECIDED,
        _resolve_node,
    )
    nodes: list[Node | None] = field(
        "Several objects by their ids, in the order asked.",
        DECIDED,
        _resolve_nodes,
        weight=Weight(size_argument="ids"),
    )
