"""The linear limits of size, depth, aliases, fields and cost: attacks are refused cheaply."""

from typing import Any

import httpx
import pytest
from graphql import get_introspection_query

from chenu_graphql.limits import count_calls
from tests.api.calls import Api, Reply
from tests.effort import counted_calls

MOST_CALLS = 300_000
"""Three times the calls of the most expensive one; an exponential one would need far more."""


def bomb(levels: int) -> str:
    """Each fragment spreads the next one twice: 2^levels fields when expanded."""
    chain = [f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(levels - 1)]
    last = f"fragment F{levels - 1} on Query {{ tiers {{ code }} }}"
    return " ".join(["query { ...F0 }", *chain, last])


def chain(length: int) -> str:
    """Fragments in sequence, none repeated."""
    links = [f"fragment F{i} on Query {{ ...F{i + 1} }}" for i in range(length - 1)]
    last = f"fragment F{length - 1} on Query {{ tiers {{ code }} }}"
    return " ".join(["{ ...F0 }", *links, last])


def deep(levels: int) -> str:
    """agents > edges > node > creator > agents > ..., this many levels of fields."""
    circle = ("agents(first: 1)", "edges", "node", "creator")
    names = [circle[i % 4] for i in range(levels - 1)]
    return "{ " + " { ".join([*names, "__typename"]) + " }" * levels


def aliased(count: int) -> str:
    return "{ " + " ".join(f"a{i}: tiers {{ code }}" for i in range(count)) + " }"


def changes(count: int) -> str:
    field = 'agentArchive(input: {agentId: "x"}) { agent { id } }'
    return "mutation { " + " ".join(f"m{i}: {field}" for i in range(count)) + " }"


def guesses(count: int) -> str:
    field = 'signIn(input: {email: "a@example.org", password: "x"}) { csrfToken }'
    return "mutation { " + " ".join(f"m{i}: {field}" for i in range(count)) + " }"


TOO_MUCH = {
    "fragment bomb of 17 levels": bomb(17),
    "fragment bomb of 90 levels": bomb(90),
    "fragment bomb of 200 levels": bomb(200),
    "a chain of 300 fragments": chain(300),
    "fragment cycle": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "fragment that nobody spreads": "{ tiers { code } } fragment A on Query { "
    + "spheres { code } " * 300
    + "}",
    "16 levels": deep(16),
    "100 levels": deep(100),
    "31 aliases": aliased(31),
    "31 aliases by way of a fragment": "{ ...A ...A } fragment A on Query " + aliased(16),
    "500 times the same field": "{ " + "tiers { code } " * 500 + "}",
    "500 times __typename": "{ " + "__typename " * 500 + "}",
    "400 times the same directive": "{ tiers " + "@include(if: true) " * 400 + "{ code } }",
    "500 unknown directives": "{ tiers " + "@aa " * 500 + "{ code } }",
    "a document of 20,001 bytes": "{ tiers { code } } #" + "x" * 19_981,
    "a document of 900 kB": "{ tiers { code } } #" + "x" * 900_000,
    "introspection in circles": "{ __schema { types { "
    + "fields { type { " * 4
    + "name"
    + " } } " * 4
    + "} } }",
    "6 changes": changes(6),
    "2 sign-ins": guesses(2),
    "100 guesses": guesses(100),
}


@pytest.mark.parametrize("document", TOO_MUCH.values(), ids=TOO_MUCH.keys())
async def test_what_is_too_much_is_refused_at_once(
    visitor: httpx.AsyncClient, document: str
) -> None:
    with counted_calls() as effort:
        reply = await Api(visitor).send(document)

    assert set(reply.codes) == {"VALIDATION_FAILED"}
    assert "data" not in reply.body
    assert effort.calls < MOST_CALLS


NO_DOCUMENT = {
    "empty": "",
    "white space": "  \n",
    "unfinished": "{ tiers {",
    "nested beyond the parser": "{ a " * 3000 + "}" * 3000,
    "a literal nested beyond the parser": "{ agents(filter: " + "{a: " * 900 + "1",
    "9,000 brackets": "{ a(b: " + "[" * 9000 + ") }",
    "3,001 tokens": "{ tiers { code } } # " + "\n{}" * 1500,
    "control characters": "{ tiers \x07 { code } }",
    "only a fragment": "fragment A on Query { tiers { code } }",
}


@pytest.mark.parametrize("document", NO_DOCUMENT.values(), ids=NO_DOCUMENT.keys())
async def test_what_is_no_document_is_bad_input(visitor: httpx.AsyncClient, document: str) -> None:
    reply = await Api(visitor).send(document)

    assert set(reply.codes) <= {"BAD_INPUT", "VALIDATION_FAILED"}
    assert reply.codes
    assert reply.http.status_code == 200


async def test_the_limits_themselves_are_allowed(visitor: httpx.AsyncClient) -> None:
    api = Api(visitor)

    for document in (deep(15), aliased(30), chain(50)):
        reply = await api.send(document)
        assert reply.errors == []


async def test_introspection_is_open_and_costs_a_call(visitor: httpx.AsyncClient) -> None:
    document = get_introspection_query()

    once = await Api(visitor).send(document)
    twice = await Api(visitor).send(
        document.replace("{\n  __schema", "{ a: __schema { description }\n __schema")
    )

    assert {kind["name"] for kind in once.data["__schema"]["types"]} >= {"Agent", "Purchase"}
    assert once.cost | {"requested": 1000, "actual": 1000, "calls": 1} == once.cost
    assert twice.cost["calls"] == 2


async def test_a_page_multiplies_what_it_holds(visitor: httpx.AsyncClient) -> None:
    async def cost(size: int) -> int:
        document = f"{{ agents(first: {size}) {{ edges {{ node {{ id creator {{ id }} }} }} }} }}"
        return (await Api(visitor).send(document)).cost["requested"]

    one, ten, hundred = await cost(1), await cost(10), await cost(100)
    assert (ten - one) % 9 == 0
    assert hundred - one == 11 * (ten - one)


async def test_page_sizes_count_wherever_they_stand(visitor: httpx.AsyncClient) -> None:
    api = Api(visitor)
    literal = await api.send("{ agents(first: 50) { edges { node { id } } } }")
    body = "agents(first: $n) { edges { node { id } } }"

    variable = await api.send(f"query($n: Int) {{ {body} }}", {"n": 50})
    default = await api.send(f"query($n: Int = 50) {{ {body} }}")
    fragment = await api.send(
        "{ agents(first: 50) { ...A } } fragment A on AgentConnection { edges { node { id } } }"
    )

    costs = {reply.cost["requested"] for reply in (literal, variable, default, fragment)}
    assert len(costs) == 1


async def test_actual_cost_counts_what_was_there(visitor: httpx.AsyncClient) -> None:
    reply = await Api(visitor).send("{ agents(first: 50) { edges { node { id } } } }")

    assert len(reply.data["agents"]["edges"]) < 50
    assert reply.cost["requested"] == 55
    assert reply.cost["actual"] == 5 + len(reply.data["agents"]["edges"])


TOO_DEAR = {
    "pages in pages": (
        "{ agents(first: 100) { edges { node { creator { agents(first: 100) { edges { node "
        "{ id } } } } } } } }",
        {},
    ),
    "a page by variable": (
        "query($n: Int) { agents(first: $n) { edges { node { creator { agents(first: $n) "
        "{ edges { node { id } } } } } } } }",
        {"n": 100},
    ),
    "ids by variable": (
        "query($i: [ID!]!) { nodes(ids: $i) { ... on Creator { agents(first: 100) "
        "{ edges { node { id } } } } } }",
        {"i": ["x"] * 100},
    ),
    "manifests": (
        "{ agents(first: 100) { edges { node { versions { manifest } } } } }",
        {},
    ),
    "six introspections": (
        "{ " + " ".join(f"a{i}: __schema {{ description }}" for i in range(6)) + " }",
        {},
    ),
}


@pytest.mark.parametrize(("document", "variables"), TOO_DEAR.values(), ids=TOO_DEAR.keys())
async def test_more_than_5000_points_are_not_begun(
    visitor: httpx.AsyncClient, document: str, variables: dict[str, Any]
) -> None:
    reply = await Api(visitor).send(document, variables)

    assert reply.codes == ["COST_EXCEEDED"]
    assert reply.cost["requested"] > 5000
    assert reply.cost["actual"] == 0


@pytest.mark.parametrize(
    ("points", "calls"), [(0, 1), (1, 1), (1000, 1), (1001, 2), (2000, 2), (2001, 3), (5000, 5)]
)
def test_a_call_is_a_thousand_points(points: int, calls: int) -> None:
    assert count_calls(points) == calls


async def test_every_answer_tells_its_cost(visitor: httpx.AsyncClient) -> None:
    for document in ("{ tiers { code } }", "{ nothing }", "{", aliased(31)):
        reply: Reply = await Api(visitor).send(document)
        assert list(reply.cost) == ["requested", "actual", "calls", "available", "restoreRate"]
        assert reply.cost["calls"] >= 1
