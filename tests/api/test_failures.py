"""Any failure around an answer has the form of the transport, with a code and the request's id."""

import json
from typing import Any

import httpx
import pytest

from chenu.core import db
from chenu.flows.services import Services
from chenu_graphql import messages
from chenu_graphql.engine import Engine
from tests.api.calls import Api, Reply
from tests.api.makers import DRAFT, make_maker, make_reviewer
from tests.api.serving import socket

QUERY = "{ tiers { code } }"
TYPES = ["application/json", "application/graphql-response+json", "*/*"]


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers contain a value that JSON cannot represent."""
    write = messages.write_json

    def write_or_fail(value: Any) -> bytes:
        return write({**value, "data": object()} if "data" in value else value)

    monkeypatch.setattr(messages, "write_json", write_or_fail)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine itself fails, not a resolver."""

    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("password=hunter2 at /srv/app.py")

    monkeypatch.setattr(Engine, "_execute", fail)


def is_internal(body: dict[str, Any], request_id: str | None = None) -> bool:
    """An internal error only: without data and without internals."""
    [error] = body["errors"]
    extensions = error["extensions"]
    assert request_id is None or extensions["requestId"] == request_id
    assert "hunter2" not in json.dumps(body)
    return "data" not in body and extensions["code"] == "INTERNAL"


@pytest.mark.parametrize("accept", TYPES)
@pytest.mark.parametrize("fault", ["unwritable", "broken"])
async def test_an_answer_that_cannot_be_made_is_an_internal_error(
    visitor: httpx.AsyncClient, request: pytest.FixtureRequest, fault: str, accept: str
) -> None:
    request.getfixturevalue(fault)

    answer = await visitor.post("/graphql", json={"query": QUERY}, headers={"accept": accept})

    assert answer.status_code == 500
    kind = "application/json" if accept == "*/*" else accept
    assert answer.headers["content-type"].startswith(kind)
    assert is_internal(answer.json(), answer.headers["x-request-id"])


async def test_it_is_an_event_for_who_speaks_events(
    visitor: httpx.AsyncClient, unwritable: None
) -> None:
    headers = {"accept": "text/event-stream"}

    answer = await visitor.post("/graphql", json={"query": QUERY}, headers=headers)

    assert answer.headers["content-type"].startswith("text/event-stream")
    first, second, _ = answer.text.split("\r\n\r\n")
    assert is_internal(json.loads(first.partition("data: ")[2]), answer.headers["x-request-id"])
    assert second.startswith("event: complete")


async def test_it_is_a_message_on_a_socket_which_lives_on(url: str, unwritable: None) -> None:
    async with socket(url) as client:
        await client.begin()
        await client.subscribe("1", QUERY)
        reported, end = await client.receive(), await client.receive()
        await client.subscribe("2", "{ nothing }")
        after = await client.receive()

    assert (reported["type"], reported["id"]) == ("next", "1")
    assert is_internal(reported["payload"])
    assert end == {"type": "complete", "id": "1"}
    assert (after["type"], after["id"]) == ("error", "2")


async def test_what_fails_on_a_socket_ends_its_operation_alone(url: str, broken: None) -> None:
    async with socket(url) as client:
        await client.begin()
        await client.subscribe("1", QUERY)
        reported = await client.receive()
        await client.send("ping")
        pong = await client.receive()

    assert (reported["type"], reported["id"]) == ("error", "1")
    assert is_internal({"errors": reported["payload"]})
    assert pong == {"type": "pong"}


WATCH = 'subscription { purchaseSettled(purchaseId: "x") { id } }'


@pytest.fixture
def broken_source(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("password=hunter2 at /srv/app.py")

    monkeypatch.setattr(Engine, "_subscribe", fail)


async def test_a_stream_that_cannot_be_begun_tells_it_as_an_event(
    visitor: httpx.AsyncClient, broken_source: None
) -> None:
    headers = {"accept": "text/event-stream"}

    answer = await visitor.post("/graphql", json={"query": WATCH}, headers=headers)

    first, second, _ = answer.text.split("\r\n\r\n")
    assert is_internal(json.loads(first.partition("data: ")[2]))
    assert second.startswith("event: complete")


async def test_a_subscription_that_cannot_be_begun_is_an_error_on_a_socket(
    url: str, broken_source: None
) -> None:
    async with socket(url) as client:
        await client.begin()
        await client.subscribe("1", WATCH)
        reported = await client.receive()

    assert reported["type"] == "error"
    assert is_internal({"errors": reported["payload"]})


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_another_method_is_refused_in_the_shape_of_graphql(
    visitor: httpx.AsyncClient, method: str
) -> None:
    answer = await visitor.request(method, "/graphql")

    assert answer.status_code in (204, 405)
    if answer.status_code == 405:
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_INPUT"


STORED = {
    "beyond 64 bits": '{"x": 18446744073709551616}',
    "a large float": '{"x": 1e300}',
    "300 levels": '{"x": ' + "[" * 300 + "]" * 300 + "}",
}


async def submitted(client: httpx.AsyncClient, services: Services, manifests: list[str]) -> Api:
    """Agents in review, with manifests as earlier versions may have stored them."""
    api, _ = await make_maker(client, services)
    for number, manifest in enumerate(manifests):
        request = {**DRAFT, "name": f"Nummer {number}"}
        draft = (await api.run("CreateAgent", input=request)).payload()["agent"]["id"]
        await api.run("SubmitAgent", input={"agentId": draft})
        sql = """UPDATE agent_version SET manifest = $1::jsonb WHERE agent =
                (SELECT id FROM agent WHERE name = $2)"""
        await db.execute(sql, manifest, request["name"])
    return await make_reviewer(client, services)


async def test_manifests_of_earlier_days_are_listed_as_they_are(
    client: httpx.AsyncClient, services: Services
) -> None:
    reviewer = await submitted(client, services, list(STORED.values()))

    queue = (await reviewer.run("ReviewQueue")).data["staff"]["moderationQueue"]

    shown = {json.dumps(edge["node"]["version"]["manifest"]) for edge in queue["edges"]}
    assert shown == {json.dumps(_as_stored(text)) for text in STORED.values()}


def _as_stored(text: str) -> Any:
    """PostgreSQL writes numbers without exponent."""
    return json.loads(text.replace("1e300", "1" + "0" * 300))


async def test_a_stored_value_that_nobody_can_read_fails_alone(
    client: httpx.AsyncClient, services: Services
) -> None:
    reviewer = await submitted(client, services, ['{"x": 1' + "0" * 5000 + "}", '{"x": 1}'])

    reply: Reply = await reviewer.run("ReviewQueue")

    assert reply.http.status_code == 200
    assert reply.codes == ["INTERNAL"]
    edges = reply.body["data"]["staff"]["moderationQueue"]["edges"]
    assert [edge["node"]["version"]["manifest"] for edge in edges] == [None, {"x": 1}]
