"""One process of the SDK for all tests of this folder, and the product on a real port."""

from collections.abc import AsyncIterator

import pytest

from chenu.flows.services import Services
from tests.api.serving import served
from tests.mcp_server.agents import SdkProcess, sdk_process


@pytest.fixture(scope="session")
async def sdk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SdkProcess]:
    log = tmp_path_factory.mktemp("mcp") / "sdk.log"
    async with sdk_process(log) as process:
        yield process


@pytest.fixture
async def url(services: Services) -> AsyncIterator[str]:
    """The application on a real port, over an empty database."""
    async with served(services) as url:
        yield url
