"""The protocol of the WebSocket: who may connect, and what ends a connection."""

import pytest
from websockets.exceptions import InvalidStatus

from chenu.flows.services import Services
from tests.api.calls import session_cookie_of
from tests.api.serving import socket
from tests.conftest import Engines
from tests.people import make_person
from tests.rows import unguarded


async def test_a_cookie_from_another_site_does_not_connect(url: str, services: Services) -> None:
    buyer = await make_person("buyer")
    headers = {"Cookie": session_cookie_of(services, buyer), "Origin": "https://evil.example"}

    with pytest.raises(InvalidStatus) as refused:
        async with socket(url, headers):
            pass

    assert refused.value.response.status_code == 403


async def test_a_bad_key_does_not_connect(url: str, services: Services) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with socket(url, {"Authorization": "Bearer chenu_live_wrong"}):
            pass

    assert refused.value.response.status_code == 403
    for params in ({"Authorization": "Bearer chenu_live_wrong"}, {"Authorization": "x"}):
        async with socket(url) as client:
            await client.send("connection_init", payload=params)
            assert await client.closed() == 4403


BREACHES: dict[str, tuple[list[str], int]] = {
    "subscribe before init": (
        ['{"type": "subscribe", "id": "1", "payload": {"query": "{ tiers { code } }"}}'],
        4401,
    ),
    "init twice": (['{"type": "connection_init"}', '{"type": "connection_init"}'], 4429),
    "no json": (["hello"], 4400),
    "a list": (["[]"], 4400),
    "an unknown type": (['{"type": "start"}'], 4400),
    "an unknown type in long letters": (['{"type": "' + "é" * 200 + '"}'], 4400),
    "a number that is too large": (
        ['{"type": "connection_init", "payload": {"x": ' + "9" * 5000 + "}}"],
        4400,
    ),
    "half a surrogate pair": (['{"type": "\\ud800"}'], 4400),
    "no type": (["{}"], 4400),
    "a payload that is no object": (['{"type": "connection_init", "payload": 1}'], 4400),
    "no id": (['{"type": "connection_init"}', '{"type": "subscribe"}'], 4400),
    "an overlong message": (['{"type": "ping", "x": "' + "x" * 100_001 + '"}'], 4400),
}


@pytest.mark.parametrize(("messages", "code"), BREACHES.values(), ids=BREACHES.keys())
async def test_a_breach_of_the_protocol_ends_the_connection(
    url: str, messages: list[str], code: int
) -> None:
    async with socket(url) as client:
        for message in messages:
            await client.connection.send(message)
        assert await client.closed() == code


@pytest.mark.parametrize("operation_id", ["1", "🤖" * 70])
async def test_the_id_of_an_operation_that_still_runs_ends_the_connection(
    url: str, engines: Engines, operation_id: str
) -> None:
    query = {"query": "{ agents(first: 1) { totalCount } }"}
    async with unguarded(engines) as holding, socket(url) as client:
        await holding.execute("BEGIN; LOCK TABLE agent")
        await client.send("connection_init")
        for _ in range(2):
            await client.send("subscribe", id=operation_id, payload=query)

        assert await client.closed() == 4409


async def test_another_protocol_is_not_spoken(url: str) -> None:
    async with socket(url, protocol="graphql-ws") as client:
        assert await client.closed() == 4406


async def test_what_is_wrong_with_an_operation_is_reported_by_its_id(url: str) -> None:
    async with socket(url) as client:
        await client.begin()
        await client.subscribe("a", "{ nothing }")
        await client.send("subscribe", id="b", payload={"query": 5})
        messages = {
            message["id"]: message for message in [await client.receive(), await client.receive()]
        }
        await client.send("ping")
        pong = await client.receive()

    codes = {
        name: message["payload"][0]["extensions"]["code"] for name, message in messages.items()
    }
    assert codes == {"a": "VALIDATION_FAILED", "b": "BAD_INPUT"}
    assert pong == {"type": "pong"}
