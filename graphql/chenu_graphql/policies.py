"""What each field of the built schema declared, by graphql-core's field."""

from graphql import GraphQLField
from strawberry.types.field import StrawberryField

from chenu_graphql.fields import Policy, find_policy

_DEFINITION = "strawberry-definition"


def get_definition(field: GraphQLField) -> StrawberryField:
    definition: StrawberryField = field.extensions[_DEFINITION]
    return definition


def find_field_policy(field: GraphQLField) -> Policy | None:
    """None for the fields of introspection, and for one that declares nothing."""
    return find_policy(get_definition(field)) if _DEFINITION in field.extensions else None
