"""A deployment: older and newer code serve while a migration runs, and nobody who buys notices.

reliability: F15.
"""

import asyncio
import random
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from msgspec.structs import replace

from chenu.demo.processes import Child, free_port
from tests.faults.counts import seeds
from tests.faults.own_engines import Alone
from tests.faults.releases import Releases, Step, start_release
from tests.faults.stand import Stand, wait_ready
from tests.faults.writers import Writer, all_go_on, writing
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

BUSY_TABLES = ("access_grant", "app_user", "operation", "purchase", "stripe_event_key")


@pytest.fixture(scope="module")
def releases() -> Iterator[Releases]:
    folder = Path(tempfile.mkdtemp(prefix="chenu-releases-"))
    yield Releases(folder)
    shutil.rmtree(folder, ignore_errors=True)


def steps_on(table: str, column: str) -> tuple[Step, ...]:
    """The two-step pattern of docs/operations.md, "Deploying", up to where older code ends."""
    index, rule = f"{column}_index", f"{column}_is_set"
    return (
        Step((f"ALTER TABLE {table} ADD COLUMN {column} bigint",)),
        Step((f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT 0",)),
        Step((f"CREATE TABLE {column}_more (id bigint PRIMARY KEY, made_at timestamptz)",)),
        Step(
            (
                f"DROP INDEX CONCURRENTLY IF EXISTS {index}",
                f"CREATE INDEX CONCURRENTLY {index} ON {table} ({column})",
            ),
            is_whole=False,
        ),
        Step((f"UPDATE {table} SET {column} = 0 WHERE {column} IS NULL",), is_whole=False),  # noqa: S608 - made up here
        Step((f"ALTER TABLE {table} ADD CONSTRAINT {rule} CHECK ({column} >= 0) NOT VALID",)),
        Step((f"ALTER TABLE {table} VALIDATE CONSTRAINT {rule}",), is_whole=False),
    )


@pytest.mark.parametrize("seed", seeds(5))
async def test_nobody_who_buys_notices_a_deployment(
    alone: Alone, releases: Releases, seed: int
) -> None:
    await alone.begin()
    old = alone.stand
    table = random.Random(seed).choice(BUSY_TABLES)
    release = releases.make(steps_on(table, f"made_up_{seed}"))
    writers = [Writer(old, await old.make_buyer(f"old{seed}n{n}")) for n in range(3)]
    async with writing(writers):
        await _migrate_past_a_reader(old, release, table, writers)
    async with _newer_processes(old, release) as new:
        writers += [Writer(new, await old.make_buyer(f"new{seed}n{n}")) for n in range(2)]
        async with writing(writers):
            await all_go_on(writers)
        await asyncio.gather(*(writer.stand.buy(writer.buyer, "paid") for writer in writers))
        is_old_ready = await old.http.get(f"{old.url}/readyz")
        await old.settle(len(writers))

    assert [odd for writer in writers for odd in writer.odd] == []
    assert [writer.refused for writer in writers] == [0] * len(writers)
    assert is_old_ready.status_code == 200
    assert (old.web.deaths, old.worker.deaths) == (0, 0)


async def _migrate_past_a_reader(
    stand: Stand, release: Path, table: str, writers: list[Writer]
) -> None:
    """Somebody reads the table in a long transaction: the migration waits, and the buyers do
    not.
    """
    reader = await asyncpg.connect(stand.engines.postgres_url)
    async with reader.transaction():
        await reader.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - one of ours
        migrating = start_release(release, stand.web.env, "migrate")

        async def has_waited() -> bool:
            log = await asyncio.to_thread(migrating.log.read_text)
            return log.count('"event":"migration_waits"') >= 2

        await until(has_waited, "a migration that waits")
        await all_go_on(writers)
    await reader.close()
    await until(lambda: _has_ended(migrating), "the end of the migration")
    assert migrating.last_words().startswith("7 migrations applied")


async def _has_ended(child: Child) -> bool:
    return not child.is_running()


@asynccontextmanager
async def _newer_processes(stand: Stand, release: Path) -> AsyncIterator[Stand]:
    """Web and worker of the release beside the older ones, until the end of the block."""
    port = free_port()
    new = replace(stand, url=f"http://127.0.0.1:{port}")
    children = [
        start_release(release, stand.web.env, "serve", "--port", str(port)),
        start_release(release, stand.worker.env, "worker"),
    ]
    try:
        await wait_ready(new)
        yield new
        assert all(child.is_running() for child in children)
    finally:
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.wait_stopped(10)
