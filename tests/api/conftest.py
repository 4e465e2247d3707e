"""One application for all tests of the API: building it takes longer than most of them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from chenu.app import create_app
from chenu.flows.services import Services
from tests.api.serving import served


@pytest.fixture(scope="session")
async def served_app(open_engines: Services) -> Any:
    return create_app(open_engines)


@pytest.fixture
async def visitor(open_engines: Services, served_app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The same over whatever the database holds: for what never asks it."""
    async with _make_client(open_engines, served_app) as http:
        yield http


def _make_client(services: Services, app: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=services.settings.public_url)


@pytest.fixture
async def client(services: Services, served_app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """As a browser or a program without cookies meets the application, over an empty database."""
    async with _make_client(services, served_app) as http:
        yield http


@pytest.fixture
async def url(services: Services) -> AsyncIterator[str]:
    async with served(services) as ip:
        yield ip
