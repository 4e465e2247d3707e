"""One running product per module, reset for each of its tests."""

from collections.abc import AsyncIterator

import pytest

from chenu.core.clock import CLOCK
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.database import empty_database
from tests.faults.own_engines import Alone, open_alone
from tests.faults.stand import Stand, open_stand


@pytest.fixture(scope="module")
async def running(
    engines: Engines, open_engines: Services, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stand]:
    CLOCK.reset()
    await empty_database(engines.postgres_url)
    folder = tmp_path_factory.mktemp("stand")
    async with open_stand(engines, open_engines, folder) as stand:
        yield stand
    CLOCK.reset()


@pytest.fixture
async def stand(running: Stand) -> Stand:
    """The module's product, reset after the previous test."""
    await running.begin()
    return running


@pytest.fixture(scope="module")
async def alone(engines: Engines, open_engines: Services) -> AsyncIterator[Alone]:
    """The product over engines that the test may stop."""
    CLOCK.reset()
    async with open_alone(engines) as opened:
        yield opened
