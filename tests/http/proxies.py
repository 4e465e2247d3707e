"""Reverse proxies of the examples: a real one before a service, asking CHE·NU about each call."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
import msgspec

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.app import create_app
from chenu.demo.processes import free_port
from chenu.flows.services import Services
from tests.attacks.raw_connections import connected
from tests.http.test_server import served
from tests.metered import meter_calls
from tests.people import Person
from tests.waiting import until

DOTTED = (
    "/../../../healthz",
    "/%2e%2e/%2e%2e/%2e%2e/healthz",
    "//../../../../healthz",
    "/..%2f..%2f..%2fhealthz",
)
"""Paths of calls that, behind ours, would be another page if anybody resolved their dots."""

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@dataclass
class Service:
    """What stands behind the proxy: it notes which requests come through, and answers with them."""

    calls: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls += 1
        status = 500 if scope["path"] == "/broken" else 403 if scope["path"] == "/closed" else 200
        seen = {name.decode(): value.decode() for name, value in scope["headers"]}
        body = msgspec.json.encode({"method": scope["method"], "headers": seen})
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@dataclass
class Site:
    """`http` speaks to the proxy."""

    http: httpx.AsyncClient
    service: Service


@dataclass(frozen=True)
class Ports:
    """Of the proxy, of CHE·NU and of the service."""

    proxy: int
    chenu: int
    service: int


class Proxy(Protocol):
    def __call__(
        self, folder: Path, ports: Ports
    ) -> AbstractAsyncContextManager[httpx.AsyncClient]: ...


def write_example(name: str, folder: Path, ports: Mapping[str, str]) -> Path:
    """The example as it stands, but for its ports."""
    text = (EXAMPLES / name).read_text()
    for written, own in ports.items():
        assert written in text
        text = text.replace(written, own)
    path = folder / name
    path.write_text(text)
    return path


@asynccontextmanager
async def running(log: Path, port: int, *command: str | Path) -> AsyncIterator[httpx.AsyncClient]:
    """The proxy, from when it listens."""
    process = await asyncio.create_subprocess_exec(*command)

    async def answers() -> bool:
        assert process.returncode is None, _read(log)
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return True
        return False

    try:
        await until(answers)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            yield http
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def _read(log: Path) -> str:
    return log.read_text()


@asynccontextmanager
async def open_site(proxy: Proxy, folder: Path, services: Services) -> AsyncIterator[Site]:
    """With CHE·NU metering calls."""
    application, service = create_app(await meter_calls(services)), Service()
    async with (
        served(application) as ours,
        served(service) as theirs,
        proxy(folder, Ports(free_port(), ours, theirs)) as http,
    ):
        yield Site(http, service)


@asynccontextmanager
async def open_site_alone(proxy: Proxy, folder: Path) -> AsyncIterator[Site]:
    """While CHE·NU is away."""
    service = Service()
    async with (
        served(service) as theirs,
        proxy(folder, Ports(free_port(), free_port(), theirs)) as http,
    ):
        yield Site(http, service)


async def ask_as_written(port: int, path: str) -> int:
    """The status. A client of HTTP would resolve the dots of the path itself."""
    sent = f"GET {path} HTTP/1.1\r\nhost: shop.example\r\n\r\n"
    async with connected(port, sent.encode()) as connection:
        return int((await connection.until_answered()).split()[1])


async def key_of(services: Services, person: Person, scope: ApiScope) -> dict[str, str]:
    made = await create_api_key(person.actor, "k", [scope], None, services.settings.secret)
    return {"authorization": f"Bearer {made.secret}"}
