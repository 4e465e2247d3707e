"""What is known of a field's resolver beside how to call it, for queries that are compiled."""

from collections.abc import Callable
from typing import Any

import msgspec
from graphql import GraphQLField

from chenu_graphql.relations import GuardedRelation

_READER = "chenu-reader"


class Reader(msgspec.Struct, frozen=True):
    """`attribute`: the resolver reads it and does nothing else; None for any other. `relation`:
    the resolver looks a row up by a key.

    `points`: what it adds to the cost that was spent. `is_open`: it asks for no permission.
    """

    resolve: Callable[..., Any]
    attribute: str | None
    points: int
    is_open: bool
    relation: GuardedRelation | None = None


def mark_reader(definition: GraphQLField, reader: Reader) -> None:
    definition.extensions = {**definition.extensions, _READER: reader}


def find_reader(definition: GraphQLField) -> Reader | None:
    """None where the resolver was replaced, so that nothing is known of it."""
    reader: Reader | None = definition.extensions.get(_READER)
    return reader if reader is not None and definition.resolve is reader.resolve else None
