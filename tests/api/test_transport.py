"""HTTP around the API: malformed requests, and other methods and formats."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.api.calls import Api, Reply

QUERY = "{ tiers { code } }"


async def test_an_answer_is_json_that_no_cache_keeps(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/graphql", json={"query": QUERY})

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["cache-control"] == "no-store"
    codes = [tier["code"] for tier in answer.json()["data"]["tiers"]]
    assert codes == ["FREE", "STARTER", "PRO", "BUSINESS", "ENTERPRISE"]


JSON = "application/json"
NO_REQUESTS: list[tuple[str, bytes, str]] = [
    ("malformed", b'{"query": ', JSON),
    ("empty", b"", JSON),
    ("not utf-8", b'{"query": "\xff"}', JSON),
    ("no query", b"{}", JSON),
    ("query is null", b'{"query": null}', JSON),
    ("query is a number", b'{"query": 1}', JSON),
    ("variables are a list", b'{"query": "{a}", "variables": []}', JSON),
    ("operation name is a number", b'{"query": "{a}", "operationName": 1}', JSON),
    ("a batch", b'[{"query": "{ tiers { code } }"}]', JSON),
    ("an empty batch", b"[]", JSON),
    ("a string", b'"{ tiers { code } }"', JSON),
    ("half a surrogate pair", b'{"query": "\\ud800"}', JSON),
    ("deeply nested", b'{"query": "{a}", "variables": ' + b"[" * 9000 + b"]" * 9000 + b"}", JSON),
    (
        "a list of 1,001 entries",
        json.dumps({"query": QUERY, "variables": {"a": {"b": [0] * 1001}}}).encode(),
        JSON,
    ),
    ("plain text", json.dumps({"query": QUERY}).encode(), "text/plain"),
    ("no content type", json.dumps({"query": QUERY}).encode(), ""),
    ("a form", b"query=%7Btiers%7Bcode%7D%7D", "application/x-www-form-urlencoded"),
    ("multipart", b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
    ("graphql", QUERY.encode(), "application/graphql"),
]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [case[1:] for case in NO_REQUESTS],
    ids=[case[0] for case in NO_REQUESTS],
)
async def test_what_is_no_request_is_reported_in_the_shape_of_graphql(
    visitor: httpx.AsyncClient, body: bytes, content_type: str
) -> None:
    headers = {"content-type": content_type} if content_type else {}

    answer = await visitor.post("/graphql", content=body, headers=headers)

    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_INPUT"
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]


async def test_a_body_beyond_a_megabyte_is_refused(visitor: httpx.AsyncClient) -> None:
    body = json.dumps({"query": QUERY, "padding": "x" * 1_100_000}).encode()

    answer = await visitor.post("/graphql", content=body, headers={"content-type": JSON})

    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_nothing_is_asked_over_get(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/graphql", params={"query": QUERY})

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_INPUT"


async def test_a_browser_is_shown_the_explorer(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/graphql", headers={"accept": "text/html,*/*;q=0.8"})

    assert answer.status_code == 303
    assert answer.headers["location"] == "/graphql/explorer"


async def test_a_charset_in_the_content_type_is_fine(visitor: httpx.AsyncClient) -> None:
    body = json.dumps({"query": QUERY}).encode()
    headers = {"content-type": "Application/JSON; charset=utf-8"}

    answer = await visitor.post("/graphql", content=body, headers=headers)

    assert answer.status_code == 200
    assert "errors" not in answer.json()


BAD_KEYS = {
    "invented": "Bearer chenu_live_" + "a" * 43,
    "mistyped": "Bearer chenu_live_short",
    "another scheme": "Basic chenu_live_abc",
    "no scheme": "chenu_live_abc",
    "empty": "Bearer ",
}


@pytest.mark.parametrize("header", BAD_KEYS.values(), ids=BAD_KEYS.keys())
async def test_a_bad_key_is_never_taken_for_nobody(visitor: httpx.AsyncClient, header: str) -> None:
    api = Api(visitor, {"authorization": header})

    reply = await api.send(QUERY)

    assert reply.http.status_code == 401
    assert "data" not in reply.body
    assert reply.codes == ["UNAUTHENTICATED"]


async def test_one_of_several_operations_is_named(visitor: httpx.AsyncClient) -> None:
    document = "query A { tiers { code } } query B { spheres { code } }"

    async def ask(name: str | None) -> dict[str, Any]:
        body = {"query": document, "operationName": name}
        return Reply(await visitor.post("/graphql", json=body)).body

    assert len((await ask("B"))["data"]["spheres"]) == 9
    for wrong in (None, "C"):
        [error] = (await ask(wrong))["errors"]
        assert error["extensions"]["code"] == "BAD_INPUT"
        assert error["extensions"]["argument"] == ["operationName"]


async def test_a_subscription_needs_a_stream(visitor: httpx.AsyncClient) -> None:
    reply = await Api(visitor).send('subscription { purchaseSettled(purchaseId: "x") { id } }')

    assert reply.codes == ["BAD_INPUT"]
    assert reply.cost["actual"] == 0


async def test_a_query_can_be_answered_as_events(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post(
        "/graphql", json={"query": QUERY}, headers={"accept": "text/event-stream"}
    )

    assert answer.headers["content-type"].startswith("text/event-stream")
    first, second, rest = answer.text.split("\r\n\r\n")
    assert json.loads(first.partition("data: ")[2])["data"]["tiers"][0]["code"] == "FREE"
    assert second.startswith("event: complete")
    assert rest == ""


async def test_answers_of_many_at_once_do_not_mix(visitor: httpx.AsyncClient) -> None:
    async def ask(index: int) -> bool:
        document = f"query Q{index} {{ tiers {{ a{index}: code }} }}"
        answer = await visitor.post("/graphql", json={"query": document})
        return f"a{index}" in answer.json()["data"]["tiers"][0]

    assert all(await asyncio.gather(*(ask(index) for index in range(200))))
