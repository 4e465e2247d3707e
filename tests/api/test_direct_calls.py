"""Resolvers that are called directly get their arguments as Strawberry would pass them."""

from types import SimpleNamespace
from typing import Annotated

import pytest
import strawberry
from graphql import ExecutionResult, GraphQLSchema, graphql_sync

from chenu.agents.model import AgentKind
from chenu_graphql.enforcement import enforce
from chenu_graphql.enums import register_enums
from chenu_graphql.fields import argument, field, input_field
from chenu_graphql.permissions import ANYONE

register_enums()


@strawberry.input(description="A box.")
class Box:
    width: int = input_field("In steps.", default=2)


def describe(
    info: strawberry.Info[SimpleNamespace, None],
    text: Annotated[str | None, argument("Named otherwise.", name="words")] = "none",
    kind: Annotated[AgentKind | None, argument("An enum.")] = AgentKind.CUSTOM,
    sizes: Annotated[list[int] | None, argument("A list.")] = None,
    box: Annotated[Box | None, argument("An object.")] = None,
) -> str:
    return f"{info.context.name}: {text!r} {kind!r} {sizes!r} {box!r}"


@strawberry.type(description="The root.")
class Query:
    said: str = field("What arrived.", ANYONE, describe)


def ask(schema: GraphQLSchema, query: str) -> ExecutionResult:
    context = SimpleNamespace(name="asked", spent=0)
    return graphql_sync(schema, query, context_value=context)


@pytest.mark.parametrize(
    "sent",
    [
        "",
        '(words: "a")',
        "(words: null, kind: null)",
        "(kind: PLATFORM)",
        '(words: "b", sizes: [3, 4])',
        "(box: {})",
        "(box: {width: 5}, kind: MARKETPLACE)",
    ],
    ids=["defaults", "renamed", "nulls", "enum", "list", "empty object", "object"],
)
def test_arguments_arrive_as_strawberry_passes_them(sent: str) -> None:
    direct = ask(enforce(strawberry.Schema(Query)), f"{{ said{sent} }}")

    assert direct.errors is None
    assert direct == ask(strawberry.Schema(Query)._schema, f"{{ said{sent} }}")
