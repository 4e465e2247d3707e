"""What a list's rows look up by key is asked for at once, as graphql-core would answer it."""

from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import strawberry

from chenu.core.errors import Forbidden
from chenu.flows.services import Services
from chenu_graphql.batching import Loader
from chenu_graphql.compiling import compile_query
from chenu_graphql.documents import Documents
from chenu_graphql.enforcement import enforce
from chenu_graphql.engine import Engine
from chenu_graphql.fallbacks import FallbackReason
from chenu_graphql.fields import Weight, field
from chenu_graphql.permissions import Rule
from chenu_graphql.query_runs import run_query
from chenu_graphql.relations import by_key
from tests.api.calls import Api, counted_statements
from tests.api.stock import stock

LIST = (
    "{ agents(first: 3) { edges { node { name recentAccounts successRate"
    " medianTokens ratingHistogram } } } }"
)


async def test_rows_of_all_keys_are_one_statement(
    client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stock(services, 3)
    await Api(client).send(LIST)
    monkeypatch.setattr(Loader, "load", None)  # nothing waits for a single row
    monkeypatch.setattr(Engine, "_interpret", None)
    async with counted_statements() as statements:
        related = await Api(client).send(LIST)
    monkeypatch.undo()
    monkeypatch.setattr(Documents, "find_compiled", lambda *_: FallbackReason.SWITCHED_OFF)
    interpreted = await Api(client).send(LIST)

    assert len(related.data["agents"]["edges"]) == 3
    assert related.http.content == interpreted.http.content
    assert len([each for each in statements if "ANY($1)" in each]) == 2


def _only_members(ctx: Any, _source: Any) -> None:
    if not ctx.is_member:
        raise Forbidden("Members only")


def _find_loader(ctx: Any) -> Loader[int, str]:
    found: Loader[int, str] = ctx.loader
    return found


@strawberry.type(description="The root.")
class Query:
    name: str = field(
        "Whose it is.",
        Rule("members", _only_members),
        by_key(_find_loader, lambda _: 7),
        weight=Weight(points=3),
    )


async def _run(*, is_member: bool) -> tuple[Any, Any]:
    """The data of the compiled query, and its context."""

    async def load(keys: list[int]) -> list[str]:
        return [f"number {key}" for key in keys]

    schema = enforce(strawberry.Schema(Query))
    prepared = Documents(schema).read("{ name }")
    assert prepared.document is not None
    compiled = compile_query(schema, prepared.document, prepared.operations[0], {})
    ctx: Any = SimpleNamespace(spent=0, is_member=is_member, loader=Loader(load))
    return await run_query(compiled, schema, {}, ctx), ctx


async def test_a_row_that_is_looked_up_costs_what_its_field_does() -> None:
    data, ctx = await _run(is_member=True)

    assert data == {"name": "number 7"}
    assert ctx.spent == 3


async def test_whoever_may_not_have_the_field_is_refused_before_anything_is_looked_up() -> None:
    with pytest.raises(Forbidden):
        await _run(is_member=False)
