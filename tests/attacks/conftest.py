"""One application for all attacks, and clients that bring nothing along."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from chenu.app import create_app
from chenu.flows.services import Services
from tests.api.serving import served


@pytest.fixture(scope="session")
async def attacked_app(open_engines: Services) -> Any:
    return create_app(open_engines)


@pytest.fixture
async def client(services: Services, attacked_app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Over an empty database; unexpected errors become answers, as outside."""
    transport = httpx.ASGITransport(app=attacked_app, raise_app_exceptions=False)
    base_url = services.settings.public_url
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as http:
        yield http


@pytest.fixture
async def url(services: Services) -> AsyncIterator[str]:
    """The same on a real port, for browsers and sockets."""
    async with served(services) as url:
        yield url
