"""A database that older code has filled, and that was split by month while it was used."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from chenu.core import db
from chenu.core.clock import CLOCK
from chenu.core.ids import new_id
from chenu.core.migrations import apply_migrations, list_known
from tests.conftest import Engines
from tests.core.months import ACCOUNT, CLICK, OLD_CLICK, USED
from tests.faults.own_engines import own_pool

SPLIT = "2026-11-30T00:66:00:000000"


@pytest.fixture(scope="session")
async def used(engines: Engines) -> str:
    """The name of a database that older code has filled, split while it is used."""
    server, name = engines.postgres_url.rpartition("/")[0], f"months_{new_id().hex}"
    await run_on(f"{server}/postgres", f"CREATE DATABASE {name}")
    url = f"{server}/{name}"
    async with own_pool():
        await apply_migrations(url, [each for each in list_known() if each < SPLIT])
        connection = await open_unchecked(url)
        await fill(connection)
        await split_while_used(url, connection)
        await connection.close()
    return name


@pytest.fixture
async def split(used: str, engines: Engines) -> AsyncIterator["asyncpg.Connection"]:
    """A copy of it under the product's pool; the connection is the owner's and checks no keys."""
    server, name = engines.postgres_url.rpartition("/")[0], f"months_{new_id().hex}"
    await run_on(f"{server}/postgres", f"CREATE DATABASE {name} TEMPLATE {used}")
    connection = await open_unchecked(f"{server}/{name}")
    async with own_pool():
        db.configure(f"{server}/{name}", application="tests")
        await db.start(pool_size=2)
        yield connection
        await db.stop()
    await connection.close()
    CLOCK.reset()


async def run_on(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()


async def open_unchecked(url: str) -> "asyncpg.Connection":
    connection = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    await connection.execute("SET session_replication_role = replica")
    return connection


async def fill(connection: "asyncpg.Connection") -> None:
    now = datetime.now(UTC)
    await connection.execute(CLICK, OLD_CLICK, new_id(), now)
    for days in (0, 1, 400):
        await connection.execute(USED, new_id(), ACCOUNT, now.date() - timedelta(days=days))


async def split_while_used(url: str, connection: "asyncpg.Connection") -> None:
    """Somebody reads the table for long, and older code's statement is prepared already."""
    used = await connection.prepare(USED)
    reader = await asyncpg.connect(url)
    reading = reader.transaction()
    await reading.start()
    await reader.execute("SELECT 1 FROM affiliate_click")
    migrating = asyncio.create_task(apply_migrations(url))
    await asyncio.sleep(0.7)  # longer than a migration waits for a table
    await used.fetch(new_id(), ACCOUNT, datetime.now(UTC).date())
    assert not migrating.done()
    await reading.rollback()
    await migrating
    await used.fetch(new_id(), ACCOUNT, datetime.now(UTC).date())
    await reader.close()
