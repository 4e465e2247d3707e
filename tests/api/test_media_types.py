"""GraphQL over HTTP: which media type is answered in, and the status that goes with it."""

import json
from typing import Any

import httpx
import pytest

from chenu.flows.services import Services
from chenu_graphql.media_types import MediaType, read_accept
from tests.api.calls import Api, as_session, fingerprint
from tests.api.makers import DRAFT, make_maker
from tests.people import make_person

QUERY = "{ tiers { code } }"
J, G, E = MediaType.JSON, MediaType.GRAPHQL, MediaType.EVENTS

ACCEPTED: dict[str, MediaType | None] = {
    "": J,
    "*/*": J,
    "application/*": J,
    "application/json": J,
    "application/graphql-response+json": G,
    "APPLICATION/GraphQL-Response+JSON": G,
    "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8": G,
    "application/graphql-response+json,application/json;q=0.9": G,
    "application/graphql-response+json;q=0.1, application/json;q=0.9": J,
    "application/json;q=0.9, application/graphql-response+json": G,
    "application/json, application/graphql-response+json": J,
    "application/json;q=0, */*": G,
    "application/json;Q=0, application/graphql-response+json;q=0.001": G,
    "*/*, application/graphql-response+json": G,
    "application/*;q=0.5, application/graphql-response+json;q=0.4": J,
    "text/html, application/xhtml+xml, */*;q=0.8": J,
    "text/event-stream": E,
    "TEXT/Event-Stream": E,
    "text/event-stream;q=0.1, application/json": J,
    "text/event-stream, application/json;q=0.5": E,
    "text/event-stream;q=0, application/json": J,
    "text/event-stream, application/json": E,
    "application/json, text/event-stream": J,
    "application/graphql-response+json, application/json, text/event-stream, multipart/mixed": G,
    "text/*, */*;q=0.1": J,
    "text/html": None,
    "text/*": None,
    "image/png, text/plain;q=0.3": None,
    "application/json;q=0": None,
    "*/*;q=0": None,
    "application/graphql+json": None,
    "text/event-stream;q=0": None,
}


@pytest.mark.parametrize(("accept", "best"), ACCEPTED.items())
def test_what_is_liked_most_is_chosen(accept: str, best: MediaType | None) -> None:
    assert read_accept(accept).best == best


@pytest.mark.parametrize(
    ("accept", "takes_events"),
    [
        ("text/event-stream", True),
        ("application/json, text/event-stream;q=0.1", True),
        ("text/event-stream;q=0", False),
        ("*/*", False),
        ("text/*", False),
    ],
)
def test_a_stream_is_for_who_names_it(accept: str, takes_events: bool) -> None:
    assert read_accept(accept).takes_events == takes_events


@pytest.mark.parametrize("accept", [a for a, best in ACCEPTED.items() if best])
async def test_an_answer_is_in_the_media_type_chosen(
    visitor: httpx.AsyncClient, accept: str
) -> None:
    answer = await visitor.post("/graphql", json={"query": QUERY}, headers={"accept": accept})

    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == ACCEPTED[accept]
    assert answer.headers["vary"] == "Accept"


async def test_several_lines_of_one_header_are_one_list(visitor: httpx.AsyncClient) -> None:
    lines = [("accept", "application/json;q=0.5"), ("accept", G.value)]

    answer = await visitor.post("/graphql", json={"query": QUERY}, headers=lines)

    assert answer.headers["content-type"].startswith(G)


ODD_LISTS: dict[str, tuple[bytes, int]] = {
    "nothing but commas": (b"," * 5_000, 200),
    "nothing but a weight": (b";q=1", 200),
    "a weight that is none": (b"application/json;q=x, */*;q=0.1", 200),
    "a weight above all": (b"text/html;q=7, application/json;q=0.001", 200),
    "bytes beyond ASCII": (b"\xe9\xff", 406),
    "bytes beyond ASCII beside ours": (b"\xe9, application/json", 200),
    "an over-long name": (b"x" * 20_000, 406),
    "ours behind thousands": (b"a/b, " * 3_000 + b"application/json", 406),
}


@pytest.mark.parametrize(("accept", "status"), ODD_LISTS.values(), ids=ODD_LISTS.keys())
async def test_an_odd_list_is_read_as_far_as_it_can_be(
    visitor: httpx.AsyncClient, accept: bytes, status: int
) -> None:
    body = {"query": QUERY}

    answer = await visitor.post("/graphql", json=body, headers=[(b"accept", accept)])

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith(J)
    assert ("errors" in answer.json()) == (status == 406)


@pytest.mark.parametrize("accept", [a for a, best in ACCEPTED.items() if best is None])
async def test_who_takes_nothing_of_ours_is_informed_before_anything_is_done(
    client: httpx.AsyncClient, services: Services, accept: str
) -> None:
    api, _ = await make_maker(client, services)
    before = await fingerprint(services)
    body = {"query": "mutation { signOut { userErrors { code } } }"}

    answer = await client.post("/graphql", json=body, headers={**api.headers, "accept": accept})

    assert answer.status_code == 406
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_INPUT"
    assert error["message"].endswith(", ".join([J, G, E]))
    assert await fingerprint(services) == before


REQUEST_ERRORS: dict[str, dict[str, Any]] = {
    "no document": {"query": ""},
    "unfinished": {"query": "{"},
    "an unknown field": {"query": "{ nothing }"},
    "an unknown argument": {"query": "{ tiers(x: 1) { code } }"},
    "a variable that is missing": {"query": "query($id: ID!) { node(id: $id) { id } }"},
    "a variable of another kind": {
        "query": "query($first: Int) { agents(first: $first) { totalCount } }",
        "variables": {"first": "x"},
    },
    "an unknown operation": {"query": "query A { tiers { code } }", "operationName": "B"},
    "one of two operations": {"query": "query A { a: __typename } query B { b: __typename }"},
    "too deep": {"query": "{ a " * 20 + "}" * 20},
    "too dear": {
        "query": "{ agents(first: 100) { edges { node { creator { agents(first: 100) "
        "{ edges { node { name } } } } } } } }"
    },
    "a subscription without a stream": {
        "query": 'subscription { purchaseSettled(purchaseId: "x") { id } }'
    },
}


@pytest.mark.parametrize("body", REQUEST_ERRORS.values(), ids=REQUEST_ERRORS.keys())
async def test_a_request_that_is_not_executed_is_400_and_has_no_data(
    visitor: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    newer = await visitor.post("/graphql", json=body, headers={"accept": G})
    older = await visitor.post("/graphql", json=body, headers={"accept": J})

    assert (newer.status_code, older.status_code) == (400, 200)
    for answer in (newer, older):
        assert "data" not in answer.json()
        assert answer.json()["errors"]
        assert answer.json()["extensions"]["cost"]["actual"] == 0


@pytest.mark.parametrize("body", REQUEST_ERRORS.values(), ids=REQUEST_ERRORS.keys())
async def test_neither_has_its_event(visitor: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await visitor.post("/graphql", json=body, headers={"accept": E})

    reported = json.loads(answer.text.split("\r\n\r\n")[0].partition("data: ")[2])
    if "subscription" in body["query"]:  # this transport has them: it is not signed in
        assert reported["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "data" not in reported
    assert reported["errors"]


async def test_what_was_executed_is_200_whatever_came_of_it(
    client: httpx.AsyncClient, services: Services
) -> None:
    newer = Api(client, {"accept": G})
    partly = await newer.send(
        "{ staff { moderationQueue(first: 1) { totalCount } } tiers { code } }"
    )
    nothing = await newer.send("{ agents { totalCount } }")
    api = as_session(client, services, await make_person("buyer"))
    api.headers["accept"] = G
    refused = await api.run("CreateAgent", input=DRAFT)

    assert [reply.http.status_code for reply in (partly, nothing, refused)] == [200] * 3
    assert partly.body["data"]["tiers"]
    assert partly.codes == ["FORBIDDEN"]
    assert nothing.codes == ["BAD_INPUT"]
    assert nothing.body["data"] is None


@pytest.mark.parametrize("accept", [J, G, E])
async def test_a_bad_key_is_401_in_each(visitor: httpx.AsyncClient, accept: str) -> None:
    headers = {"authorization": "Bearer chenu_live_short", "accept": accept}

    answer = await visitor.post("/graphql", json={"query": QUERY}, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith(J if accept == E else accept)
    assert "data" not in answer.json()


@pytest.mark.parametrize("accept", [J, G])
async def test_queries_and_changes_over_get_are_405_in_each(
    visitor: httpx.AsyncClient, accept: str
) -> None:
    for query in (QUERY, "mutation { signOut { userErrors { code } } }"):
        answer = await visitor.get("/graphql", params={"query": query}, headers={"accept": accept})

        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST"
        assert answer.headers["content-type"].startswith(accept)
        assert "data" not in answer.json()


CONTENT_TYPES = {
    "application/json": 200,
    "application/json; charset=utf-8": 200,
    "APPLICATION/JSON;Charset=UTF-8": 200,
    'application/json ; charset="utf-8"': 200,
    "application/json; charset=utf8; profile=x": 200,
    "application/json;": 200,
    "application/json; charset=iso-8859-1": 400,
    "application/json; charset=utf-16": 400,
    "application/json; charset=": 400,
    "application/jsonp": 400,
    "application/graphql-response+json": 400,
    "text/json": 400,
    "json": 400,
    "": 400,
}


@pytest.mark.parametrize(("content_type", "status"), CONTENT_TYPES.items())
async def test_a_body_is_json_in_utf_8(
    visitor: httpx.AsyncClient, content_type: str, status: int
) -> None:
    headers = {"content-type": content_type} if content_type else {}
    body = json.dumps({"query": QUERY}).encode()

    answer = await visitor.post("/graphql", content=body, headers=headers)

    assert answer.status_code == status
    assert ("errors" in answer.json()) == (status == 400)


PARAMETERS: dict[str, tuple[bytes, int]] = {
    "all null": (
        b'{"query": "{ a: __typename }", "variables": null, "operationName": null, '
        b'"extensions": null}',
        200,
    ),
    "all empty": (
        b'{"query": "{ a: __typename }", "variables": {}, "operationName": "", "extensions": {}}',
        200,
    ),
    "unknown ones": (b'{"query": "{ a: __typename }", "id": 7}', 200),
    "a misspelt one": (b'{"qeury": "{ a: __typename }"}', 400),
    "extensions that are text": (b'{"query": "{ a: __typename }", "extensions": "x"}', 400),
    "extensions that are a list": (b'{"query": "{ a: __typename }", "extensions": []}', 400),
    "variables that are text": (b'{"query": "{ a: __typename }", "variables": "{}"}', 400),
    "variables that are false": (b'{"query": "{ a: __typename }", "variables": false}', 400),
    "a document that is a list": (b'{"query": ["{ a: __typename }"]}', 400),
    "a byte order mark": (b'\xef\xbb\xbf{"query": "{ a: __typename }"}', 400),
    "UTF-16": ('{"query": "{ a: __typename }"}'.encode("utf-16"), 400),
}


@pytest.mark.parametrize("accept", [J, G])
@pytest.mark.parametrize(("body", "status"), PARAMETERS.values(), ids=PARAMETERS.keys())
async def test_what_is_no_request_is_400_in_each(
    visitor: httpx.AsyncClient, body: bytes, status: int, accept: str
) -> None:
    headers = {"content-type": "application/json", "accept": accept}

    answer = await visitor.post("/graphql", content=body, headers=headers)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith(accept)
    assert ("data" in answer.json()) == (status == 200)
