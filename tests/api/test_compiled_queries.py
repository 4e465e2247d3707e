"""Planned queries say to the letter what graphql-core says, and step back where they cannot."""

import httpx
import pytest

from chenu.flows.services import Services
from chenu_graphql.documents import Documents
from chenu_graphql.engine import Engine
from chenu_graphql.schema import get_schema
from tests.api.calls import Api
from tests.api.stock import stock

PLANNED = (
    "{ agents(first: 3) { edges { node { id name price { amount { formatted } } } } } }",
    "query($n: Int = 2) { agents(first: $n) { totalCount edges { cursor node { ...A } } } }"
    " fragment A on Agent { __typename slug creator { handle } ... on Node { id } }",
    "{ a: agents(first: 1) { edges { node { name } } } b: agents(last: 1) { edges { node"
    " { versions { number } version { createdAt } } } } }",
    "{ agents(first: 1) { edges { node { name } } edges { node { tagline } cursor } } }",
    '{ agent(slug: "nobody") { name } }',
    "{ agents(first: 5) { facets { spheres { value count } } pageInfo { endCursor } } }",
)
LEFT = (
    "{ __schema { queryType { name } } }",
    "{ agents(first: 1) { edges { node @skip(if: true) { name } cursor } } }",
    "mutation { signOut { __typename } }",
)


@pytest.mark.parametrize("query", PLANNED)
async def test_a_plan_answers_as_graphql_core_does(
    client: httpx.AsyncClient,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
) -> None:
    await stock(services, 3)
    monkeypatch.setattr(Engine, "_interpret", None)
    planned = await Api(client).send(query)
    monkeypatch.undo()
    monkeypatch.setattr(Documents, "find_compiled", lambda *_: None)
    interpreted = await Api(client).send(query)

    assert planned.data is not None
    assert planned.http.content == interpreted.http.content


@pytest.mark.parametrize("query", LEFT)
def test_what_plans_do_not_know_is_left_to_graphql_core(query: str) -> None:
    documents = Documents(get_schema())
    prepared = documents.read(query)
    [operation] = prepared.operations

    assert documents.find_compiled(prepared, operation) is None


async def test_a_failing_field_is_reported_with_its_place_and_paid_for_once(
    client: httpx.AsyncClient, services: Services
) -> None:
    await stock(services, 1)
    reply = await Api(client).send(
        "{ agents(first: 1) { edges { node { name rejectionReason } } } }"
    )

    [edge] = reply.body["data"]["agents"]["edges"]
    assert edge["node"] == {"name": "Alpha", "rejectionReason": None}
    assert reply.errors[0]["path"] == ["agents", "edges", 0, "node", "rejectionReason"]
    assert reply.cost["actual"] <= reply.cost["requested"]
