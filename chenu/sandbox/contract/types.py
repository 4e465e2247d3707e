"""A small type language for the SDK's annotations: what a value may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scalar:
    """`name` is string, integer, number, boolean or decimal (a number in a string)."""

    name: str


@dataclass(frozen=True, slots=True)
class Enumeration:
    """One of a closed set."""

    values: frozenset[str | bool | int]


@dataclass(frozen=True, slots=True)
class Array:
    """An array."""

    item: "Node"


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A hash whose keys are free, such as metadata."""

    value: "Node"


@dataclass(frozen=True, slots=True)
class Shape:
    """A class of the SDK: a hash with named members. See source.Sources.members."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Expandable:
    """An id, or the whole object once expanded."""

    target: "Node"


@dataclass(frozen=True, slots=True)
class Page:
    """A list object; API v2 writes them with fewer keys."""

    item: "Node"
    v2: bool


@dataclass(frozen=True, slots=True)
class Union:
    options: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class AnyType:
    pass


@dataclass(frozen=True, slots=True)
class Null:
    pass


Node = (
    Scalar | Enumeration | Array | Dictionary | Shape | Expandable | Page | Union | AnyType | Null
)

STRING = Scalar("string")
ANYTHING = AnyType()
NULL = Null()


@dataclass(frozen=True, slots=True)
class Member:
    """One named member of a Shape."""

    node: Node
    required: bool


def union(options: list[Node]) -> Node:
    """A union without doubles; nested unions are flattened."""
    flat: list[Node] = []
    for option in options:
        for single in option.options if isinstance(option, Union) else (option,):
            if single not in flat:
                flat.append(single)
    return flat[0] if len(flat) == 1 else Union(tuple(flat))


def options_of(node: Node) -> tuple[Node, ...]:
    """The alternatives of a node.

    The SDK writes closed sets as `Literal[…] | str` since version 16. Such a string is dropped, or
    no wrong value would ever be seen. `Literal[''] | str` stays: a string that can be cleared.
    """
    options = node.options if isinstance(node, Union) else (node,)
    closed = any(
        isinstance(one, Enumeration) and any(v != "" for v in one.values) for one in options
    )
    return tuple(one for one in options if not (closed and one == STRING))


def is_optional(node: Node) -> bool:
    options = node.options if isinstance(node, Union) else (node,)
    return NULL in options or ANYTHING in options


def describe(node: Node) -> str:
    """A few words for a message."""
    match node:
        case Scalar(name):
            return name
        case Enumeration(values):
            return "one of " + ", ".join(sorted(map(str, values))[:12])
        case Array() | Page():
            return "array"
        case Dictionary() | Shape():
            return "object"
        case Expandable():
            return "id"
        case Union(options):
            return ", ".join(describe(option) for option in options)
    return "null" if isinstance(node, Null) else "anything"
