"""The schema: Strawberry's types with their declarations put into force."""

from functools import cache

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from chenu_graphql.enforcement import enforce
from chenu_graphql.errors import PlanRequired, SimpleError
from chenu_graphql.roots import Live, Mutation, Query
from chenu_graphql.scalars import SCALARS


@cache
def get_strawberry_schema() -> strawberry.Schema:
    """Stateless, so one serves every application of the process."""
    return strawberry.Schema(
        Query,
        Mutation,
        Live,
        types=(SimpleError, PlanRequired),
        config=StrawberryConfig(scalar_map=dict(SCALARS)),
    )


@cache
def get_schema() -> GraphQLSchema:
    """What is executed."""
    schema: GraphQLSchema = get_strawberry_schema()._schema  # noqa: SLF001 - has no public name
    enforce(schema)
    return schema


def print_sdl() -> str:
    """The served schema in GraphQL's own language."""
    return get_strawberry_schema().as_str() + "\n"
