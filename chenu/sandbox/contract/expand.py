"""Which properties a request may expand: judged by the type that the call returns."""

from collections.abc import Iterable

from chenu.sandbox.contract.routes import Call, calls
from chenu.sandbox.contract.types import (
    ANYTHING,
    Array,
    Dictionary,
    Expandable,
    Node,
    Page,
    Shape,
    Union,
)
from chenu.sandbox.engine.errors import Refused

_DEEPEST = 4
_ON_DEMAND = {"applies_to", "confirmation_secret", "tax"}
"""Plain properties that only appear in answers when a request expands them."""


def check_expand(call: Call, paths: Iterable[str]) -> None:
    """Raises Refused for a path that is too deep or names nothing that can be expanded."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > _DEEPEST:
            raise _refusal(f"You cannot expand more than {_DEEPEST} levels of a property", path)
        nodes: list[Node] = [call.returns]
        for place, part in enumerate(parts):
            nodes = [found for node in nodes for found in _step(node, part)]
            last = place == len(parts) - 1
            if not nodes or (last and not any(_can_expand(node, part) for node in nodes)):
                raise _refusal(f"This property cannot be expanded ({path})", path)


def _refusal(message: str, path: str) -> Refused:
    return Refused(f"{message}. You may want to expand another one than '{path}'.", param="expand")


def _step(node: Node, part: str) -> list[Node]:
    """What `part` may name inside a node; arrays and expanded objects are looked through."""
    match node:
        case Union(options):
            return [found for option in options for found in _step(option, part)]
        case Expandable(inner) | Array(inner):
            return _step(inner, part)
        case Page(item):
            return [item] if part == "data" else []
        case Shape():
            member = calls().sources.members(node).get(part)
            return [member.node] if member else []
    return [ANYTHING] if node == ANYTHING or isinstance(node, Dictionary) else []


def _can_expand(node: Node, name: str) -> bool:
    match node:
        case Expandable() | Page():
            return True
        case Union(options):
            return any(_can_expand(option, name) for option in options)
        case Array(item):
            return _can_expand(item, name)
    return node == ANYTHING or name in _ON_DEMAND
