"""A real streaming replica that the product reads, and a database that was split by month."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from msgspec.structs import replace

from chenu.core import db
from chenu.core.clock import CLOCK
from chenu.core.ids import new_id
from chenu.core.migrations import apply_migrations, list_known
from chenu.core.replica import Replica
from chenu.flows.services import Services
from chenu.settings import Settings
from tests.conftest import Engines
from tests.core.months import KEY
from tests.core.split_database import (
    SPLIT,
    fill,
    open_older,
    open_unchecked,
    run_on,
    split_events_while_used,
    split_while_used,
)
from tests.faults.own_engines import own_pool
from tests.replica import (
    RunningReplica,
    open_replica,
    read_by_product,
    remember_long_ago,
    until_fit,
)


@pytest.fixture(scope="module")
def running(engines: Engines) -> Iterator[RunningReplica]:
    """No longer than for its module: it replays whatever any test writes."""
    with open_replica(engines) as opened:
        yield opened


@pytest.fixture
async def replica(services: Services, running: RunningReplica) -> AsyncIterator[Replica]:
    async with read_by_product(running.url) as opened:
        await until_fit(opened)
        await remember_long_ago(services.pubsub._redis)
        yield opened


@pytest.fixture(scope="session")
async def used(engines: Engines) -> AsyncIterator[str]:
    """The name of a database that older code has filled, split while it is used."""
    async with _new_database(engines) as url:
        async with own_pool():
            await apply_migrations(url, [each for each in list_known() if each < SPLIT])
            connection = await open_unchecked(url)
            await fill(connection)
            await split_while_used(url, connection)
            await connection.close()
            await split_events_while_used(url)
        yield url.rpartition("/")[2]


@pytest.fixture
async def split(used: str, engines: Engines) -> AsyncIterator["asyncpg.Connection"]:
    """A copy of it under the product's pool; the connection is the owner's and checks no keys."""
    async with _new_database(engines, f" TEMPLATE {used}") as url:
        connection = await open_unchecked(url)
        async with own_pool():
            db.configure(url, application="tests")
            await db.start(pool_size=2)
            yield connection
            await db.stop()
        await connection.close()
    CLOCK.reset()


@asynccontextmanager
async def _new_database(engines: Engines, options: str = "") -> AsyncIterator[str]:
    server, name = engines.postgres_url.rpartition("/")[0], f"months_{new_id().hex}"
    await run_on(f"{server}/postgres", f"CREATE DATABASE {name}{options}")
    yield f"{server}/{name}"
    await run_on(f"{server}/postgres", f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def split_settings(split: "asyncpg.Connection", engines: Engines) -> Settings:
    """Of commands on it, whose files are encrypted."""
    name = await split.fetchval("SELECT current_database()")
    url = f"{engines.postgres_url.rpartition('/')[0]}/{name}"
    return replace(engines.settings, database_url=url, backup_key=KEY)


@pytest.fixture
async def older(
    split: "asyncpg.Connection", engines: Engines
) -> AsyncIterator["asyncpg.Connection"]:
    """A process of the release before, on the same database."""
    name = await split.fetchval("SELECT current_database()")
    connection = await open_older(f"{engines.postgres_url.rpartition('/')[0]}/{name}")
    yield connection
    await connection.close()
