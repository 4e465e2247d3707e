"""The GraphQL face: schema, context, permissions, loaders, and a file per topic."""

from chenu_graphql.enums import register_enums

register_enums()  # must run before any type is declared with one of these scalars
