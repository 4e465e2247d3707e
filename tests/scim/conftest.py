"""The whole product, and one directory that writes to it."""

import httpx
import pytest

from chenu.flows.services import Services
from tests.scim.directories import Directory, open_directory


@pytest.fixture
async def directory(services: Services, client: httpx.AsyncClient) -> Directory:
    return await open_directory(services, client)
