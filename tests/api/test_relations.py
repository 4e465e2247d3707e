"""What a list's rows look up by key is asked for at once, as graphql-core would answer it."""

import httpx
import pytest

from chenu.flows.services import Services
from chenu_graphql.batching import Loader
from chenu_graphql.documents import Documents
from chenu_graphql.engine import Engine
from chenu_graphql.fallbacks import FallbackReason
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
