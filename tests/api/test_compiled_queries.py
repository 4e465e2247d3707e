"""Compiled queries give the same answers as graphql-core, and leave to it what they cannot run."""

from typing import NoReturn

import httpx
import pytest
from prometheus_client import REGISTRY

from chenu.accounts.request_context import RequestContext
from chenu.core import db
from chenu.flows.services import Services
from chenu_graphql import compiled_queries
from chenu_graphql.answers import Answer, GraphQLRequest
from chenu_graphql.context import Context
from chenu_graphql.documents import Documents
from chenu_graphql.engine import Engine
from chenu_graphql.explaining import explain
from chenu_graphql.fallbacks import FallbackReason
from chenu_graphql.query_runs import CompiledQuery
from chenu_graphql.routes import get_engine
from chenu_graphql.schema import get_schema
from tests.api.calls import Api
from tests.api.stock import stock
from tests.conftest import with_settings

COMPILED = (
    "{ agents(first: 3) { edges { node { id name price { amount { formatted } } } } } }",
    "query($n: Int = 2) { agents(first: $n) { totalCount edges { cursor node { ...A } } } }"
    " fragment A on Agent { __typename slug creator { handle } ... on Node { id } }",
    "{ a: agents(first: 1) { edges { node { name } } } b: agents(last: 1) { edges { node"
    " { versions { number } version { createdAt } } } } }",
    "{ agents(first: 1) { edges { node { name } } edges { node { tagline } cursor } } }",
    '{ agent(slug: "nobody") { name } }',
    "{ agents(first: 5) { facets { spheres { value count } } pageInfo { endCursor } } }",
    "{ agents(first: 1) { edges { node @skip(if: true) { name } cursor } } }",
    "query($no: Boolean = false) { tiers { code @include(if: $no) name } agents(first: 2) { edges {"
    " node { ...A @include(if: $no) slug } } } } fragment A on Agent { name slug @skip(if: $no) }",
    "{ agents(first: 2) { edges { node { viewerAccess { reason { __typename code } } } } } }",
)
INTERPRETED = {
    "{ __schema { queryType { name } } }": FallbackReason.INTROSPECTION,
    "mutation { signOut { __typename } }": FallbackReason.MUTATION,
    'subscription { purchaseSettled(purchaseId: "x") { __typename } }': FallbackReason.SUBSCRIPTION,
}
FAILING = {
    "{ agents(first: 1) { edges { node { rejectionReason } } } }": FallbackReason.REFUSED,
    "query($n: Int) { agents(first: $n) { totalCount } }": FallbackReason.INVALID_VARIABLES,
    "query($n: Boolean!) { tiers { code @include(if: $n) } }": FallbackReason.INVALID_VARIABLES,
}


class LostPool:
    """An unreachable database, which counts the attempts."""

    def __init__(self) -> None:
        self.tries = 0

    def acquire(self) -> NoReturn:
        self.tries += 1
        raise ConnectionRefusedError


@pytest.fixture
def lost_pool(services: Services, monkeypatch: pytest.MonkeyPatch) -> LostPool:
    pool = LostPool()
    monkeypatch.setattr(db.ENGINE, "pool", pool)
    return pool


def count_fallbacks() -> dict[str, float]:
    """By reason, without reasons that did not occur."""
    name = "chenu_graphql_fallbacks_total"
    counts = {each: REGISTRY.get_sample_value(name, {"reason": each}) for each in FallbackReason}
    return {reason: count for reason, count in counts.items() if count}


@pytest.mark.parametrize("query", COMPILED)
async def test_a_compiled_query_answers_as_graphql_core_does(
    client: httpx.AsyncClient,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
) -> None:
    await stock(services, 3)
    await Api(client).send(query)
    monkeypatch.setattr(Engine, "_interpret", None)
    compiled = await Api(client).send(query)
    monkeypatch.undo()
    monkeypatch.setattr(Documents, "find_compiled", lambda *_: FallbackReason.SWITCHED_OFF)
    interpreted = await Api(client).send(query)

    assert compiled.data is not None
    assert compiled.http.content == interpreted.http.content


@pytest.mark.parametrize(("query", "reason"), INTERPRETED.items())
def test_what_cannot_be_compiled_is_left_to_graphql_core(
    query: str, reason: FallbackReason
) -> None:
    documents = Documents(get_schema())
    prepared = documents.read(query)
    [operation] = prepared.operations
    documents.find_compiled(prepared, operation, {})

    assert documents.find_compiled(prepared, operation, {}) is reason


@pytest.mark.parametrize(("query", "reason"), FAILING.items())
async def test_each_fallback_is_counted_by_its_reason(
    client: httpx.AsyncClient, services: Services, query: str, reason: FallbackReason
) -> None:
    await stock(services, 1)
    variables = {"n": "wrong"} if "$n" in query else {}
    await Api(client).send(query, variables)
    before = count_fallbacks()

    await Api(client).send(query, variables)

    assert count_fallbacks() == before | {reason: before.get(reason, 0) + 1}


async def test_a_monitor_sees_every_reason_before_it_happens(client: httpx.AsyncClient) -> None:
    text = (await client.get("/metrics")).text

    assert "chenu_graphql_compiled_total" in text
    for reason in FallbackReason:
        assert f'chenu_graphql_fallbacks_total{{reason="{reason}"}}' in text


async def ask(services: Services, query: str) -> Answer:
    """Compiled, and without HTTP, which runs queries of its own."""
    documents = get_engine()._documents
    prepared = documents.read(query)
    documents.find_compiled(prepared, prepared.operations[0], {})
    return await get_engine().run(GraphQLRequest(query), Context(services, RequestContext()))


async def test_a_lost_database_is_asked_once_for_a_query(
    services: Services, lost_pool: LostPool
) -> None:
    answer = await ask(services, '{ tiers { code } agent(slug: "x") { name } }')

    assert lost_pool.tries == 1
    assert answer.codes == ["UNAVAILABLE"]
    assert answer.errors[0].path == ["agent"]
    assert answer.data is not None
    assert (answer.data["agent"], len(answer.data["tiers"])) == (None, 5)


async def test_it_is_asked_again_for_the_next_query(
    services: Services, lost_pool: LostPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = '{ agent(slug: "x") { name } }'
    await ask(services, query)

    monkeypatch.undo()
    answer = await ask(services, query)

    assert (answer.data, answer.errors) == ({"agent": None}, [])


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


async def test_what_is_compiled_can_be_read(services: Services) -> None:
    """Names are those of the schema; nothing that a client wrote is code."""
    text = """query Q($n: Int) { a: agents(first: $n, search: "x\\" or 1") {
        edges { cursor node { __typename slug } } e: __typename } }
        query R($more: Boolean!) { tiers { code name @include(if: $more) } }
        query S { __schema { queryType { name } } } mutation M { signOut { __typename } }"""
    [query, conditional, refused, mutation] = explain(text).split("\n\n# ")

    compile(query, "explained", "exec")
    assert "first from $n, after is None" in query
    assert "value = source.slug" in query
    assert "#   with $more true" in conditional
    assert refused.startswith("query S: run by graphql-core, because of introspection")
    assert mutation.startswith("mutation M: run by graphql-core")
    code = [line for line in query.splitlines() if not line.startswith("#")]
    assert not any("or 1" in line for line in code)


def test_no_more_queries_stay_compiled_than_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_queries, "MOST_QUERIES", 2)
    documents = Documents(get_schema())

    def find(code: str) -> CompiledQuery | FallbackReason:
        prepared = documents.read(f"{{ tier(code: {code}) {{ name }} }}")
        return documents.find_compiled(prepared, prepared.operations[0], {})

    evicted = REGISTRY.get_sample_value("chenu_graphql_evicted_total") or 0
    for code in ("FREE", "PRO", "FREE", "PRO", "STARTER", "STARTER"):
        find(code)

    assert isinstance(find("PRO"), CompiledQuery)
    assert find("FREE") is FallbackReason.FIRST_USE
    assert REGISTRY.get_sample_value("chenu_graphql_evicted_total") == evicted + 1


async def test_nothing_runs_compiled_where_it_is_switched_off(services: Services) -> None:
    off = with_settings(services, is_compiling=False)
    before = count_fallbacks()

    for _ in range(3):
        await get_engine().run(GraphQLRequest("{ tiers { code } }"), Context(off, RequestContext()))

    reason = FallbackReason.SWITCHED_OFF
    assert count_fallbacks() == before | {reason: before.get(reason, 0) + 3}


def test_a_document_is_compiled_for_what_its_directives_are_sent_with_and_not_without_end() -> None:
    documents = Documents(get_schema())
    names = [f"v{number}" for number in range(6)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: code @skip(if: ${name})" for name in names)
    prepared = documents.read(f"query({declared}) {{ tiers {{ {fields} }} }}")

    found = []
    for number in range(2 ** len(names)):
        sent = {name: bool(number >> place & 1) for place, name in enumerate(names)}
        documents.find_compiled(prepared, prepared.operations[0], sent)
        found.append(documents.find_compiled(prepared, prepared.operations[0], sent))

    compiled = [each for each in found if isinstance(each, CompiledQuery)]
    assert len({each.text for each in compiled}) == compiled_queries.MOST_OF_DOCUMENT
    assert {each for each in found if each not in compiled} == {FallbackReason.DIRECTIVE}
