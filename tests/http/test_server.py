"""The server for any application: edge cases of the protocol, and an orderly end."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Event
from typing import Any

import pytest

from chenu.connection_limits import ConnectionLimits
from chenu.http.server import PortTaken, claim_port, find_listener, serving
from tests.attacks.raw_connections import connected

LIMITS = ConnectionLimits()
HEAD = b" / HTTP/1.1\r\nHost: x\r\n"
CLOSE = b"Connection: close\r\n"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Its method and what was sent to it."""
    body, is_whole = b"", False
    while not is_whole:
        message = await receive()
        body += message["body"]
        is_whole = not message.get("more_body")
    answer = scope["method"].encode() + b":" + body
    headers = [(b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[int]:
    claim = claim_port("127.0.0.1", 0)
    port = claim.getsockname()[1]
    async with serving(app, claim, LIMITS):
        yield port


EXCHANGES = {
    "get": (b"GET" + HEAD + CLOSE + b"\r\n", [b"\r\n\r\nGET:"]),
    "head": (b"HEAD" + HEAD + CLOSE + b"\r\n", [b"content-length: 5\r\n"]),
    "length": (b"POST" + HEAD + CLOSE + b"Content-Length: 5\r\n\r\nhello", [b"POST:hello"]),
    "chunked": (
        b"POST"
        + HEAD
        + CLOSE
        + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
        [b"POST:hello"],
    ),
    "pipelined": (
        b"GET" + HEAD + b"\r\nPOST" + HEAD + CLOSE + b"Content-Length: 1\r\n\r\na",
        [b"GET:HTTP/1.1 200", b"POST:a"],
    ),
    "old": (b"GET / HTTP/1.0\r\n\r\n", [b"HTTP/1.0 200", b"GET:"]),
    "100-continue": (
        b"POST" + HEAD + CLOSE + b"Content-Length: 1\r\nExpect: 100-continue\r\n\r\na",
        [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200", b"POST:a"],
    ),
    "two lengths": (
        b"POST" + HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        [b"HTTP/1.1 400"],
    ),
    "no number": (b"POST" + HEAD + b"Content-Length: +1\r\n\r\na", [b"HTTP/1.1 400"]),
    "garbage": (b"hello\r\n\r\n", [b"HTTP/1.1 400"]),
}


@pytest.mark.parametrize(("sent", "parts"), EXCHANGES.values(), ids=EXCHANGES.keys())
async def test_requests_of_every_form_are_answered(sent: bytes, parts: list[bytes]) -> None:
    async with served(echo) as port, connected(port, sent) as client:
        answer = await client.until_closed()

    assert [part for part in parts if part not in answer] == []
    assert sent.startswith(b"HEAD") is answer.endswith(b"\r\n\r\n") or b" 400 " in answer


async def test_the_scope_says_who_asks_and_nothing_that_a_header_claims() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        await echo(scope, receive, send)

    claims = b"X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\nX-Odd: \xe9\r\n"
    async with (
        served(app) as port,
        connected(port, b"GET" + HEAD + claims + CLOSE + b"\r\n") as one,
    ):
        await one.until_closed()

    [scope] = seen
    assert (scope["type"], scope["client"][0], scope["scheme"]) == ("http", "127.0.0.1", "http")
    assert (b"x-odd", b"\xe9") in scope["headers"]


async def test_what_is_under_way_is_finished() -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        await may_end.wait()
        await echo(scope, receive, send)

    async with connected_to(app, b"GET" + HEAD + b"\r\n") as (client, stopping):
        await begun.wait()
        ending = asyncio.create_task(stopping())
        await asyncio.sleep(0.1)
        may_end.set()
        answer = await client.until_closed()
        await ending

    assert answer.endswith(b"GET:")


async def test_what_never_ends_is_cancelled() -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with connected_to(app, b"GET" + HEAD + b"\r\n") as (client, stopping):
        await begun.wait()
        await stopping()
        await client.until_closed()

    assert cancelled.is_set()


async def test_an_application_that_breaks_breaks_one_request() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "PUT":
            raise RuntimeError("broken")
        await echo(scope, receive, send)

    async with served(app) as port:
        async with connected(port, b"PUT" + HEAD + CLOSE + b"\r\n") as broken:
            first = await broken.until_closed()
        async with connected(port, b"GET" + HEAD + CLOSE + b"\r\n") as whole:
            second = await whole.until_closed()

    assert first.startswith(b"HTTP/1.1 500")
    assert second.endswith(b"GET:")


@asynccontextmanager
async def connected_to(app: Any, sent: bytes) -> AsyncIterator[Any]:
    """A connection, and the function that stops the server and waits for its end."""
    running = served(app)
    port = await running.__aenter__()
    async with connected(port, sent) as client:
        yield client, lambda: running.__aexit__(None, None, None)


def test_a_port_is_one_process_s_alone() -> None:
    with claim_port("127.0.0.1", 0) as first:
        port = first.getsockname()[1]

        with pytest.raises(PortTaken, match=f"port {port} cannot be used"):
            claim_port("127.0.0.1", port)

        assert port > 0


async def test_a_port_is_never_free_while_its_server_starts() -> None:
    claim = claim_port("127.0.0.1", 0)
    port = claim.getsockname()[1]
    is_over = Event()

    def claim_again() -> int:
        tries = 0
        while not is_over.is_set():
            tries += 1
            with pytest.raises(PortTaken):
                claim_port("127.0.0.1", port)
        return tries

    trying = asyncio.create_task(asyncio.to_thread(claim_again))
    async with serving(echo, claim, LIMITS):
        await asyncio.sleep(0.05)
        is_over.set()
        tries = await trying

    assert tries > 0


async def test_connections_inherit_the_limits_of_time() -> None:
    async with served(echo) as port:
        listener = find_listener(port)

        assert listener is not None
        with listener:
            assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            if sys.platform == "linux":
                seconds = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) / 1_000
                assert seconds == 60
