"""The declared policy of each field of the built schema, by graphql-core's field."""

from graphql import GraphQLField
from strawberry.types.field import StrawberryField

from chenu_graphql.fields import Policy, find_policy

_DEFINITION = "strawberry-definition"


def get_definition(field: GraphQLField) -> StrawberryField:
    definition: StrawberryField = field.extensions[_DEFINITION]
    return definition


def find_field_policy(field: GraphQLField) -> Policy | None:
    """None for fields of introspection, and for a field without a declaration."""
    return find_policy(get_definition(field)) if _DEFINITION in field.extensions else None
