"""The application on a real port in this process, for tests of streams."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from socket import socket as Socket  # noqa: N812 - `socket` is a WebSocket below
from typing import Any

import msgspec
from msgspec.structs import replace
from websockets.asyncio.client import ClientConnection, connect

from chenu.app import create_app
from chenu.demo.processes import free_port
from chenu.flows.services import Services
from chenu.http.server import PortTaken, claim_port, serving
from tests.conftest import with_settings

PROTOCOL = "graphql-transport-ws"


@asynccontextmanager
async def served(services: Services, **limits: float) -> AsyncIterator[str]:
    """Yields its URL, which is also its public one; `limits` replace the connection limits."""
    claim = _claim_the_port()
    url = f"http://127.0.0.1:{claim.getsockname()[1]}"
    changed = replace(services.settings.limits, **limits)
    app = _make_app(with_settings(services, public_url=url, limits=changed))
    async with serving(app, claim, changed):
        yield url


def _claim_the_port() -> Socket:
    """The same port for all tests of this process, so that their settings are equal.

    Or else another.
    """
    with contextlib.suppress(PortTaken):
        return claim_port("127.0.0.1", _usual_port())
    return claim_port("127.0.0.1", 0)


@cache
def _usual_port() -> int:
    return free_port()


_APPS: list[tuple[Services, Any]] = []


def _make_app(services: Services) -> Any:
    """Cached, because creating one takes longer than most requests: equal services share it."""
    known = next((app for of, app in _APPS if of == services), None)
    if known is None:
        known = create_app(services)
        _APPS.append((services, known))
    return known


class SocketClient:
    """One WebSocket that speaks graphql-transport-ws."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, kind: str, **more: Any) -> None:
        await self.connection.send(msgspec.json.encode({"type": kind, **more}).decode())

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            text = await self.connection.recv()
        message: dict[str, Any] = msgspec.json.decode(text)
        return message

    async def begin(self, **params: Any) -> dict[str, Any]:
        await self.send("connection_init", payload=params)
        return await self.receive()

    async def subscribe(self, operation_id: str, query: str, **variables: Any) -> None:
        payload = {"query": query, "variables": variables}
        await self.send("subscribe", id=operation_id, payload=payload)

    async def closed(self) -> int:
        """Waits for the end; returns the close code."""
        async with asyncio.timeout(15):
            await self.connection.wait_closed()
        assert self.connection.close_code is not None
        return self.connection.close_code


@asynccontextmanager
async def socket(
    url: str, headers: dict[str, str] | None = None, protocol: str = PROTOCOL
) -> AsyncIterator[SocketClient]:
    ip = f"{url.replace('http', 'ws', 1)}/graphql"
    async with connect(
        ip,
        subprotocols=[protocol],  # type: ignore[list-item]
        additional_headers=headers or {},
    ) as connection:
        yield SocketClient(connection)
