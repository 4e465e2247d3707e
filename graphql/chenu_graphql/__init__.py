"""The GraphQL face: schema, context, permissions, loaders, then a file per topic."""

from chenu_graphql.enums import register_enums

register_enums()  # before any type is declared with one of them
