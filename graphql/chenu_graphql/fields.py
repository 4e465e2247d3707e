"""How a field of the API is declared: what it says, who may ask it, what it costs."""

from collections.abc import Callable
from dataclasses import MISSING, dataclass
from functools import partial
from typing import Any

import strawberry

from chenu_graphql.permissions import Rule

_POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Weight:
    """What one field costs, in points.

    `points` None: 1 for an object, 0 for a scalar. `size` is how many entries a list without pages
    is taken to have; `size_argument` names the list argument that says so instead. `per_item`: an
    entry of the page that the connection around it was asked for.
    """

    points: int | None = None
    size: int = 1
    size_argument: str | None = None
    per_item: bool = False


LIGHT = Weight()
CHANGE = Weight(points=10)
"""Of each mutation."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`sensitive`: credentials or money, once in a document."""

    allow: Rule
    weight: Weight = LIGHT
    sensitive: bool = False


def field(
    description: str,
    allow: Rule,
    resolver: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    weight: Weight = LIGHT,
    sensitive: bool = False,
    live: bool = False,
) -> Any:
    """A field of a type; without a resolver it is the attribute of its name.

    `live` is a field of the subscription root.
    """
    declare: Any = strawberry.field  # its overloads know no optional resolver
    return declare(
        resolver=resolver,
        name=name,
        description=description,
        is_subscription=live,
        metadata={_POLICY: Policy(allow, weight, sensitive)},
    )


def input_field(description: str, *, default: Any = MISSING) -> Any:
    """A field of an input."""
    return strawberry.field(description=description, default=default)


def find_policy(definition: Any) -> Policy | None:
    """What a field's Strawberry definition declares."""
    policy: Policy | None = definition.metadata.get(_POLICY)
    return policy


argument = strawberry.argument
input_argument = partial(strawberry.argument, "What is wanted.", name="input")
