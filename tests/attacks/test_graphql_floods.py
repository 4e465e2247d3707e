"""A15: documents and bodies that are cheap to send and dear to answer.

tests/api/test_limits.py holds the limits of size, depth, aliases, fields and cost. Here are other
ways in; each is refused with words, asks the database nothing, and costs little work, counted in
calls: a busy machine would spoil any clock.
"""

import json
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import as_key, counted_statements
from tests.effort import counted_calls
from tests.people import make_person

MOST_CALLS = 500_000
"""The most expensive refusal needs 330,000, a tenth of a second; a small query needs 2,000."""
_CLOCK = "business_clock"


@dataclass(frozen=True)
class Flood:
    """`body` is sent as it is; `codes` are the allowed codes, `status` is the HTTP status."""

    body: bytes
    codes: tuple[str, ...] = ("BAD_INPUT", "VALIDATION_FAILED")
    status: int = 200


def _ask(query: str, **variables: Any) -> bytes:
    return json.dumps({"query": query, "variables": variables}).encode()


def _doc(query: str) -> Flood:
    return Flood(_ask(query))


def _raw(body: str | bytes, status: int = 400) -> Flood:
    return Flood(body.encode() if isinstance(body, str) else body, status=status)


def _nested(opening: str, inner: str, closing: str, levels: int) -> str:
    return opening * levels + inner + closing * levels


def _overlapping(count: int) -> str:
    """Every pair of these must be compared."""
    fields = " ".join(f'x: agent(slug: "{i}") {{ id name }}' for i in range(count))
    return f"{{ {fields} }}"


def _crossing(count: int) -> str:
    """Fragments that overlap pairwise, each with a field of the same name and other arguments."""
    spreads = " ".join(f"...F{i}" for i in range(count))
    fragments = " ".join(
        f'fragment F{i} on Query {{ agent(slug: "{i}") {{ id }} }}' for i in range(count)
    )
    return f"{{ {spreads} }} {fragments}"


def _inline(levels: int) -> str:
    return "{ " + _nested("... on Query { ", "tiers { code }", " }", levels) + " }"


def _variables(count: int) -> str:
    declared = ", ".join(f"$v{i}: Int" for i in range(count))
    return f"query({declared}) {{ tiers {{ code }} }}"


def _operations(count: int) -> str:
    return " ".join(f"query Q{i} {{ tiers {{ code }} }}" for i in range(count))


LIST = "query($f: AgentFilter) { agents(first: 1, filter: $f) { totalCount } }"
MANY = "query($i: [ID!]!) { nodes(ids: $i) { id } }"
PAGE = "query($n: Int) { agents(first: $n) { totalCount } }"
CREATE = (
    """mutation($i: AgentCreateInput!) { agentCreate(input: $i) { userErrors { code path } } }"""
)

FLOODS = {
    "a batch of ten": _raw(json.dumps([{"query": "{ tiers { code } }"}] * 10)),
    "a batch of a thousand": _raw(json.dumps([{"query": "{ tiers { code } }"}] * 1000)),
    "brackets without end": _raw("[" * 500_000),
    "braces without end": _raw('{"query":' * 100_000),
    "variables nested deeply": _raw(
        '{"query": "{ tiers { code } }", "variables": ' + _nested('{"a":', "1", "}", 50_000) + "}"
    ),
    "variables nested in lists": _raw(
        '{"query": "{ tiers { code } }", "variables": {"a": '
        + _nested("[", "1", "]", 50_000)
        + "}}"
    ),
    "a list of 100,000 values": _raw(_ask(MANY, i=["x"] * 100_000)),
    "a body that is no text": _raw(b'{"query": "\xff\xfe"}'),
    "a query that is a number": _raw('{"query": 1}'),
    "variables that are a list": _raw('{"query": "{ tiers { code } }", "variables": [1]}'),
    "half a megabyte of white space": _doc(" " * 500_000 + "{ nothing }"),
    "a name of 19,000 letters": _doc("{ " + "a" * 19_000 + " }"),
    "300 misspelt fields": _doc("{ " + " ".join(f"agentz{i}" for i in range(300)) + " }"),
    "300 misspelt fields of one agent": _doc(
        '{ agent(slug: "x") { ' + " ".join(f"descriptionHtm{i}" for i in range(290)) + " } }"
    ),
    "50 fragments on misspelt types": _doc(
        "{ tiers { code } } " + " ".join(f"fragment F{i} on Agentt{i} {{ id }}" for i in range(50))
    ),
    "500 misspelt arguments": _doc(
        "{ agents(" + " ".join(f"firs{i}: 1" for i in range(500)) + ") { totalCount } }"
    ),
    "300 fields of one name": _doc(_overlapping(30)),
    "50 fragments that cross": _doc(_crossing(50)),
    "500 inline fragments": _doc(_inline(500)),
    "700 variables": _doc(_variables(700)),
    "400 operations": _doc(_operations(400)),
    "a fragment that spreads itself": _doc("{ ...A } fragment A on Query { ...A }"),
    "fragments in a ring of 50": _doc(
        "{ ...F0 } "
        + " ".join(f"fragment F{i} on Query {{ ...F{(i + 1) % 50} }}" for i in range(50))
    ),
    "introspection in rings": _doc(
        "{ __schema { "
        + _nested("types { fields { type { ofType { ", "name", " } } } }", 5)
        + " } }"
    ),
    "a list literal of 2,000 ids": _doc("{ nodes(ids: [" + '"a" ' * 2000 + "]) { id } }"),
    "an integer of 15,000 digits": _doc("{ agents(first: " + "9" * 15_000 + ") { totalCount } }"),
    "an integer of 15,000 digits as BigInt": _doc(
        "{ agents(first: 1, filter: {minPriceMinor: " + "9" * 15_000 + "}) { totalCount } }"
    ),
    "a float of 15,000 digits": _doc(
        "{ agents(first: 1, filter: {minRating: " + "9" * 15_000 + ".5}) { totalCount } }"
    ),
    "190 integers of 101 digits": _doc(
        "{ agents(first: [" + ("9" * 101 + " ") * 190 + "]) { totalCount } }"
    ),
    "a float without end": _doc(
        "{ agents(first: 1, filter: {minRating: 1e999999999}) { totalCount } }"
    ),
    "text for a number": Flood(_ask(PAGE, n="100")),
    "a float for a number": Flood(_ask(PAGE, n=1.5)),
    "a list for a number": Flood(_ask(PAGE, n=[1])),
    "true for a number": Flood(_ask(PAGE, n=True)),
    "2^31 for a number": Flood(_ask(PAGE, n=2**31)),
    "less than nothing": Flood(_ask(PAGE, n=-1)),
    "101 entries": Flood(_ask(PAGE, n=101)),
    "an object for text": Flood(_ask(LIST, f={"creator": {"$ne": None}})),
    "fields that no input has": Flood(_ask(LIST, f={f"x{i}": 1 for i in range(1000)})),
    "an unknown value of an enum": Flood(_ask(LIST, f={"levels": ["L1' OR 1=1"]})),
    "1,000 unknown values of an enum": Flood(_ask(LIST, f={"levels": ["L9"] * 1000})),
    "a garbled cursor": _doc('{ agents(first: 1, after: "' + "A" * 10_000 + '") { totalCount } }'),
    "block strings in rows": _doc('{ agent(slug: """' + "\n" * 15_000 + '""" id: "x") { id } }'),
    "a directive of ours that is none": _doc("{ tiers @cost(weight: 0) { code } }"),
    "@defer": _doc("{ ... @defer { tiers { code } } }"),
    "@stream": _doc("{ tiers @stream { code } }"),
    "@skip without a condition": _doc("{ tiers @skip { code } }"),
    "a subscription over plain JSON": _doc(
        'subscription { purchaseSettled(purchaseId: "x") { id } }'
    ),
}


async def _post(http: httpx.AsyncClient, body: bytes) -> httpx.Response:
    return await http.post("/graphql", content=body, headers={"content-type": "application/json"})


async def test_every_flood_is_refused_cheaply_and_in_words(
    client: httpx.AsyncClient, services: Services
) -> None:
    refused, dear, asked = {}, {}, {}

    for name, flood in FLOODS.items():
        async with counted_statements() as statements:
            with counted_calls() as effort:
                answer = await _post(client, flood.body)
        body = answer.json()
        codes = [error["extensions"]["code"] for error in body["errors"]]
        refused[name] = answer.status_code == flood.status and set(codes) <= set(flood.codes)
        if effort.calls > MOST_CALLS:
            dear[name] = effort.calls
        asked[name] = [each for each in statements if _CLOCK not in each]
        assert all(value is None for value in (body.get("data") or {}).values()), name
        assert len(answer.content) < 40_000, name

    assert len(FLOODS) >= 30
    assert [name for name, is_refused in refused.items() if not is_refused] == []
    assert dear == {}
    assert {name: found for name, found in asked.items() if found} == {}


WAYS = {
    "get": ("GET", "/graphql?query={tiers{code}}", "application/json", b"", 405),
    "get with a mutation": ("GET", "/graphql?query=mutation{signOut{ok}}", "", b"", 405),
    "a form": (
        "POST",
        "/graphql",
        "application/x-www-form-urlencoded",
        b"query={tiers{code}}",
        400,
    ),
    "plain text": ("POST", "/graphql", "text/plain", b'{"query":"{tiers{code}}"}', 400),
    "no type": ("POST", "/graphql", "", b'{"query":"{tiers{code}}"}', 400),
    "parts": ("POST", "/graphql", "multipart/form-data; boundary=x", b"--x--", 400),
    "the type of GraphQL": ("POST", "/graphql", "application/graphql", b"{tiers{code}}", 400),
    "a type in disguise": ("POST", "/graphql", "text/plain;application/json", b"{}", 400),
    "put": ("PUT", "/graphql", "application/json", b'{"query":"{tiers{code}}"}', 405),
}


@pytest.mark.parametrize(("method", "path", "kind", "body", "status"), WAYS.values(), ids=WAYS)
async def test_only_json_by_post_is_read(
    client: httpx.AsyncClient, method: str, path: str, kind: str, body: bytes, status: int
) -> None:
    headers = {"content-type": kind} if kind else {}

    answer = await client.request(method, path, content=body, headers=headers)

    assert answer.status_code == status
    assert "code" not in (answer.json().get("data") or {})
    assert "set-cookie" not in answer.headers


async def test_no_suggestion_tells_what_others_may_not_know(client: httpx.AsyncClient) -> None:
    """The schema is public on purpose: suggestions name its fields and never data."""
    answer = await _post(client, _ask('{ agent(slug: "x") { rejectionReaso } }'))

    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "VALIDATION_FAILED"
    assert "rejectionReason" in error["message"]


async def test_a_key_buys_no_larger_documents(
    client: httpx.AsyncClient, services: Services
) -> None:
    """Limits are the same for everybody; a hostile manifest is refused as data."""
    person = await make_person("maker", tier=TierCode.PRO)
    api = await as_key(client, services, person, ApiScope.AGENTS)
    deep: Any = 1
    for _ in range(400):
        deep = {"a": deep}
    request = {
        "name": "Deep",
        "tagline": "x",
        "description": "x",
        "capabilities": [],
        "level": "L1",
        "price": {"type": "FREE"},
        "manifest": deep,
    }

    with counted_calls() as effort:
        reply = await api.send(CREATE, {"i": request})

    assert "errors" in reply.body or reply.refusals()
    assert effort.calls < MOST_CALLS
