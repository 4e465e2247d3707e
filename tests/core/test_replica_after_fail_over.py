"""A replica that is not on the new primary's timeline has more bytes of the log, and not what was
written since: nobody who wrote reads it.
"""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from chenu.core import db
from chenu.core.log_position import LogPosition
from chenu.core.replica import Replica
from chenu.core.staleness import ReadKind, StaleRead, stale_reads
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.faults.own_engines import own_pool
from tests.replica import RunningReplica, open_replica, read_by_product, until_fit, until_probed

_READ = "SELECT offset_seconds FROM business_clock"


@pytest.fixture
async def left_behind(
    services: Services, engines: Engines, running: RunningReplica
) -> AsyncIterator[Replica]:
    """The product's primary is a replica that was promoted; the replica that it reads goes on to
    follow the earlier primary, which has written more.
    """
    assert (await db.read_position()).timeline == 1
    with open_replica(engines) as promoted:
        assert await promoted.ask("SELECT pg_promote()")
        await _write_much(engines.postgres_url, running)
        async with own_pool():
            db.configure(promoted.url, application="tests")
            await db.start(pool_size=2)
            async with read_by_product(running.url) as replica:
                yield replica
            await db.stop()


async def _write_much(url: str, running: RunningReplica) -> None:
    """More than anything a test writes, and all of it is in the replica."""
    primary = await asyncpg.connect(url)
    await primary.execute("SELECT pg_logical_emit_message(true, 'tests', 'moves the log')")
    await primary.execute("SELECT pg_switch_wal()")
    end = await primary.fetchval("SELECT pg_current_wal_lsn()::text")
    await primary.close()
    await running.until(f"SELECT pg_last_wal_replay_lsn() >= '{end}'::pg_lsn")


async def test_a_replica_of_an_earlier_primary_is_read_by_nobody_who_wrote(
    left_behind: Replica,
) -> None:
    await db.execute("INSERT INTO business_clock (id, offset_seconds) VALUES (1, 7)")
    position = await db.read_position()
    await until_probed(left_behind)

    assert position.timeline == 2
    assert left_behind._replayed.bytes > position.bytes
    assert not left_behind.has_replayed(position)
    with stale_reads(StaleRead(ReadKind.PAGES, after=position)):
        assert await db.fetch_value(_READ) == 7


async def test_it_is_read_by_nobody_else_either(left_behind: Replica) -> None:
    for _ in range(3):
        await until_probed(left_behind)

    assert not left_behind.is_fit


async def test_positions_of_the_timeline_before_are_in_every_replica_of_the_new_one(
    replica: Replica,
) -> None:
    await until_fit(replica)
    here = replica._replayed

    assert replica.has_replayed(LogPosition(here.timeline - 1, here.bytes + 10**9))
    assert not replica.has_replayed(LogPosition(here.timeline, here.bytes + 10**9))
    assert not replica.has_replayed(LogPosition(here.timeline + 1, 0))


async def test_the_primary_says_its_timeline_in_its_data_once(services: Services) -> None:
    sql = "SELECT timeline, xmin::text FROM primary_timeline"
    await db.execute("DELETE FROM primary_timeline")

    position = await db.read_position()
    first = [tuple(record) for record in await db.fetch_records(sql)]
    await db.read_position()

    assert [timeline for timeline, _ in first] == [position.timeline]
    assert [tuple(record) for record in await db.fetch_records(sql)] == first
