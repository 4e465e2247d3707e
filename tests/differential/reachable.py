"""The fields that a query can select, and the names of their arguments."""

from collections.abc import Iterator

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

Fields = GraphQLObjectType | GraphQLInterfaceType


def list_fields(schema: GraphQLSchema) -> set[str]:
    """As Type.field."""
    return {f"{kind.name}.{name}" for kind in _list_types(schema) for name in kind.fields}


def list_arguments(schema: GraphQLSchema) -> set[str]:
    """Fields of input objects included."""
    definitions = [each for kind in _list_types(schema) for each in kind.fields.values()]
    names = {name for each in definitions for name in each.args}
    inputs = [get_named_type(arg.type) for each in definitions for arg in each.args.values()]
    parts = [set(kind.fields) for kind in inputs if isinstance(kind, GraphQLInputObjectType)]
    return names.union(*parts)


def _list_types(schema: GraphQLSchema) -> list[Fields]:
    assert schema.query_type is not None
    found: dict[str, Fields] = {}
    waiting: list[GraphQLNamedType] = [schema.query_type]
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, Fields) and kind.name not in found:
            found[kind.name] = kind
            waiting += _list_neighbours(schema, kind)
    return list(found.values())


def _list_neighbours(schema: GraphQLSchema, kind: Fields) -> Iterator[GraphQLNamedType]:
    yield from (get_named_type(each.type) for each in kind.fields.values())
    if isinstance(kind, GraphQLInterfaceType):
        yield from schema.get_possible_types(kind)
