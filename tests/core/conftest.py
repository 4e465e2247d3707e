"""A real streaming replica, which the product reads while a test runs."""

from collections.abc import AsyncIterator, Iterator

import pytest

from chenu.core.replica import Replica
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.replica import RunningReplica, open_replica, read_by_product, until_fit


@pytest.fixture(scope="session")
def running(engines: Engines) -> Iterator[RunningReplica]:
    with open_replica(engines) as opened:
        yield opened


@pytest.fixture
async def replica(services: Services, running: RunningReplica) -> AsyncIterator[Replica]:
    async with read_by_product(running.url) as opened:
        await until_fit(opened)
        yield opened
