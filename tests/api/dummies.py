"""A minimal call of every mutation, generated from the schema, so that new ones are included."""

from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)

from chenu_graphql.schema import get_schema

_SCALARS = {
    "Boolean": "true",
    "Int": "1",
    "Float": "1.5",
    "BigInt": "1",
    "JSON": "{}",
    "Date": '"2026-01-01"',
    "DateTime": '"2026-01-01T00:00:00Z"',
}


def mutations() -> dict[str, GraphQLField]:
    root = get_schema().mutation_type
    assert root is not None
    return dict(root.fields)


def call_of(name: str) -> str:
    """A document that calls the mutation with its required arguments only."""
    field = mutations()[name]
    arguments = [
        f"{argument}: {literal(definition.type)}"
        for argument, definition in field.args.items()
        if is_required_argument(definition)
    ]
    sent = f"({', '.join(arguments)})" if arguments else ""
    payload = get_named_type(field.type)
    assert isinstance(payload, GraphQLObjectType)
    asked = "userErrors { code path }" if "userErrors" in payload.fields else "ok"
    return f"mutation {{ {name}{sent} {{ {asked} }} }}"


def literal(kind: Any) -> str:
    """A value of this type; ids belong to no object."""
    if is_non_null_type(kind):
        return literal(kind.of_type)
    if is_list_type(kind):
        return f"[{literal(kind.of_type)}]"
    if isinstance(kind, GraphQLEnumType):
        return str(next(iter(kind.values)))
    if isinstance(kind, GraphQLInputObjectType):
        fields = [
            f"{name}: {literal(field.type)}"
            for name, field in kind.fields.items()
            if is_required_input_field(field)
        ]
        return f"{{{', '.join(fields)}}}"
    return _SCALARS.get(kind.name, '"nothing"')
