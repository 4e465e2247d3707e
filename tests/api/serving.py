"""The application on a real port, in this process: what streams cannot be tested without."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import msgspec
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from chenu.app import create_app
from chenu.demo.processes import free_port
from chenu.flows.services import Services
from tests.conftest import with_settings

PROTOCOL = "graphql-transport-ws"


class _QuietServer(uvicorn.Server):
    """Leaves the signals to pytest."""

    def capture_signals(self) -> Any:
        return nullcontext()


@asynccontextmanager
async def served(services: Services) -> AsyncIterator[str]:
    """Its address, which is also its public one."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app: Any = create_app(with_settings(services, public_url=url))
    config = uvicorn.Config(
        app,
        port=port,
        lifespan="off",
        log_config=None,
        ws="websockets-sansio",
        timeout_graceful_shutdown=1,
    )
    server = _QuietServer(config)
    running = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
            await asyncio.sleep(0.01)
        yield url
    finally:
        server.should_exit = True
        await running


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
        """Wait for the end; the code it was closed with."""
        async with asyncio.timeout(15):
            await self.connection.wait_closed()
        assert self.connection.close_code is not None
        return self.connection.close_code


@asynccontextmanager
async def socket(
    url: str, headers: dict[str, str] | None = None, protocol: str = PROTOCOL
) -> AsyncIterator[SocketClient]:
    address = f"{url.replace('http', 'ws', 1)}/graphql"
    async with connect(
        address,
        subprotocols=[protocol],  # type: ignore[list-item]
        additional_headers=headers or {},
    ) as connection:
        yield SocketClient(connection)
