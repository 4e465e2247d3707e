"""The application on a real port."""

from collections.abc import AsyncIterator

import pytest

from chenu.flows.services import Services
from tests.api.serving import served


@pytest.fixture
async def url(services: Services) -> AsyncIterator[str]:
    """For browsers and sockets, over an empty database."""
    async with served(services) as url:
        yield url
