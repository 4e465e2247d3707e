"""Clients of the API: in this process, or on a real port."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from chenu.flows.services import Services
from tests.api.serving import served
from tests.conftest import open_client


@pytest.fixture
async def visitor(open_engines: Services, application: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client for requests that never read the database, which is not emptied."""
    async with open_client(open_engines, application) as http:
        yield http


@pytest.fixture
async def url(services: Services) -> AsyncIterator[str]:
    """The application on a real port, over an empty database."""
    async with served(services) as url:
        yield url
