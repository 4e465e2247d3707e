"""Declaration of the API's fields: description, permission and cost."""

from collections.abc import Callable
from dataclasses import MISSING
from functools import partial
from typing import Any

import msgspec
import strawberry

from chenu_graphql.permissions import Rule

_POLICY = "policy"


class Weight(msgspec.Struct, frozen=True):
    """What one field costs, in points.

    `points` None: 1 for an object, 0 for a scalar. `size` is the assumed length of a list without
    pages; `size_argument` names the list argument that gives its length instead. `per_item`: the
    cost per entry of the page requested from the enclosing connection.
    """

    points: int | None = None
    size: int = 1
    size_argument: str | None = None
    per_item: bool = False


LIGHT = Weight()
CHANGE = Weight(points=10)
"""The cost of each mutation."""


class Policy(msgspec.Struct, frozen=True):
    """`sensitive`: credentials or money, allowed once in a document."""

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
    """A field of a type; without a resolver it reads the attribute of the same name.

    `live` is a field of the subscription root.
    """
    declare: Any = strawberry.field  # its overloads do not allow an optional resolver
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
