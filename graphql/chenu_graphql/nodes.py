"""The Node interface, and finding any object by its public id."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import strawberry

from chenu.core.errors import BadInput
from chenu.core.global_id import decode_id
from chenu_graphql.context import Context
from chenu_graphql.fields import field
from chenu_graphql.permissions import PARENT

Finder = Callable[[Context, Any], Awaitable[object | None]]
"""Takes the row's id; returns the row if the caller may see it."""

_FINDERS: dict[str, Finder] = {}
_NAMES: dict[type, str] = {}


@strawberry.interface(description="Anything with an id of its own.")
class Node:
    id: strawberry.ID = field("Global id: node(id) finds it again.", PARENT)

    @classmethod
    def resolve_type(cls, source: object, *_: Any) -> str:
        return next(_NAMES[kind] for kind in type(source).__mro__ if kind in _NAMES)


def register_node(name: str, rows: tuple[type, ...], find: Finder) -> None:
    """`rows` are the classes whose objects are sources of that type."""
    _FINDERS[name] = find
    _NAMES.update(dict.fromkeys(rows, name))


def list_node_types() -> list[str]:
    """The types that `find_node` can find."""
    return sorted(_FINDERS)


async def find_node(ctx: Context, public_id: str) -> object | None:
    """None for an unknown or invalid id, and for what the caller may not see."""
    try:
        type_name, text = decode_id(public_id)
        row_id = UUID(text)
    except (BadInput, ValueError):
        return None
    find = _FINDERS.get(type_name)
    return None if find is None else await find(ctx, row_id)
