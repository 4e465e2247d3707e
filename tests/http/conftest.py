"""The application, made once for all of these tests."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from chenu.app import create_app
from chenu.flows.services import Services


@pytest.fixture(scope="session")
def app(open_engines: Services) -> Any:
    return create_app(open_engines)


@pytest.fixture
async def client(app: Any, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A browser or a program without cookies, over an empty database."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    base_url = services.settings.public_url
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as http:
        yield http
