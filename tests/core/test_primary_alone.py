"""What may not be old is read at the primary alone.

After a fail-over an address may lead for a moment to a server that is a replica by now: nobody
reads or writes there.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import asyncpg
import pytest

from chenu.core import db, queue_worker
from chenu.core.errors import Unavailable
from chenu.core.log_position import BEGINNING, UNKNOWN
from chenu.core.mail import claim
from chenu.core.migrations import apply_migrations
from chenu.core.recent_writes import RecentWrites
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.doors import Door, open_door
from tests.faults.own_engines import own_pool
from tests.jobs.outbox import queue_sale
from tests.pooler import open_pooler
from tests.replica import (
    RunningReplica,
    open_replica,
    read_by_product,
    remember_long_ago,
    until_probed,
)

_READ = "SELECT pg_is_in_recovery()"
_WRITE = "INSERT INTO business_clock (id, offset_seconds) VALUES (1, 7)"
_LOCK = "SELECT 1 FROM account FOR UPDATE"


@pytest.fixture
async def door(services: Services, engines: Engines) -> AsyncIterator[Door]:
    """To the primary, for the product's pool."""
    async with open_door(engines.postgres_url) as opened, own_pool():
        db.configure(opened.url, application="tests")
        await db.start(pool_size=2)
        yield opened
        await db.stop()


@pytest.fixture
async def moved(door: Door, running: RunningReplica) -> Door:
    """It leads to a replica now; connections have ended with the server that became one."""
    assert await db.fetch_value(_READ) is False
    door.lead_to(running.url)
    return door


async def read() -> None:
    await db.fetch_value(_READ)


async def read_position() -> None:
    await db.read_position()


async def write() -> None:
    await db.execute(_WRITE)


async def lock_rows() -> None:
    await db.fetch_value(_LOCK)


async def read_in_transaction() -> None:
    async with db.transaction():
        await read()


async def write_in_repeated_transaction() -> None:
    await db.run_in_transaction(write)


async def read_by_driver() -> None:
    async with db.connection() as leased:
        await leased.fetchval(_READ)


_WAYS = (
    *(read, read_position, write, lock_rows),
    *(read_in_transaction, write_in_repeated_transaction, read_by_driver),
)


@pytest.mark.parametrize("ask", _WAYS)
async def test_nobody_reads_or_writes_at_a_replica(
    moved: Door, engines: Engines, ask: Callable[[], Awaitable[None]]
) -> None:
    for _ in range(3):
        with pytest.raises(Unavailable, match="not available right now"):
            await ask()
    assert not db.in_transaction()

    moved.lead_to(engines.postgres_url)
    await ask()


async def test_who_wrote_just_before_reads_no_replica_in_any_process(
    services: Services, running: RunningReplica, moved: Door
) -> None:
    redis, writer = services.pubsub._redis, uuid4()
    async with read_by_product(running.url) as replica:
        await until_probed(replica)
        await remember_long_ago(redis)
        await RecentWrites(redis).remember([writer])

        assert await RecentWrites(redis).find_position([uuid4()]) == BEGINNING
        assert await RecentWrites(redis).find_position([writer, uuid4()]) == UNKNOWN


async def test_a_mail_is_left_to_senders_at_the_primary(
    door: Door, running: RunningReplica
) -> None:
    """There it may have been sent already."""
    mail_id = await queue_sale()
    async with claim(mail_id) as here:
        pass

    door.lead_to(running.url)
    with pytest.raises(Unavailable):
        async with claim(mail_id):
            pass

    assert here is not None


async def test_a_worker_takes_no_jobs_at_a_replica(running: RunningReplica) -> None:
    with pytest.raises(asyncpg.TargetServerAttributeNotMatched):
        await queue_worker.work(running.url, asyncio.Event())


async def test_a_process_does_not_start_at_a_replica(
    services: Services, running: RunningReplica
) -> None:
    async with own_pool():
        db.configure(running.url, application="tests")
        with pytest.raises(Unavailable, match="cannot be used: its server is a replica"):
            await db.start(pool_size=2)


async def test_a_migration_says_what_happened(running: RunningReplica) -> None:
    async with own_pool():
        with pytest.raises(Unavailable, match="cannot be used: its server is a replica"):
            await apply_migrations(running.url)


async def test_behind_a_pooler_who_asks_waits_for_the_primary(
    services: Services, engines: Engines
) -> None:
    with open_replica(engines) as replica, open_pooler(replica.url) as url:
        async with own_pool():
            db.configure(url, application="tests", direct_url=engines.postgres_url)
            starting = asyncio.create_task(db.start(pool_size=2))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(starting), 2)

            assert await replica.ask("SELECT pg_promote()")
            await starting

            assert await db.fetch_value(_READ) is False
            await db.stop()
            db.DIRECT = None
