"""After a fail-over, connections lead for a moment to a server that is a replica by now: whoever
writes is told that the service is not available, and those connections are left.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import pytest

from chenu.core import db
from chenu.core.errors import Unavailable
from chenu.core.log_position import UNKNOWN
from chenu.core.mail import claim
from chenu.core.migrations import apply_migrations
from chenu.core.recent_writes import RecentWrites
from chenu.flows.services import Services
from tests.faults.own_engines import own_pool
from tests.jobs.outbox import queue_sale
from tests.replica import RunningReplica, read_by_product, until_probed

_WRITE = "INSERT INTO business_clock (id, offset_seconds) VALUES (1, 7)"
_LOCK = "SELECT 1 FROM account FOR UPDATE"


@pytest.fixture
async def demoted(services: Services, running: RunningReplica) -> AsyncIterator[str]:
    """The product's pool leads to a replica; its address. What was released last is taken next."""
    async with own_pool():
        db.configure(running.url, application="tests")
        await db.start(pool_size=2)
        yield running.url
        await db.stop()


async def write_alone() -> None:
    await db.execute(_WRITE)


async def lock_rows() -> None:
    await db.fetch_value(_LOCK)


async def write_in_transaction() -> None:
    async with db.transaction():
        await db.fetch_value("SELECT 1")
        await db.execute(_WRITE)


async def write_in_repeated_transaction() -> None:
    await db.run_in_transaction(write_alone)


async def write_by_driver() -> None:
    async with db.connection() as leased:
        await leased.execute(_WRITE)


_WAYS = (
    write_alone,
    lock_rows,
    write_in_transaction,
    write_in_repeated_transaction,
    write_by_driver,
)


@pytest.mark.parametrize("write", _WAYS)
async def test_a_write_is_refused_and_its_connection_left(
    demoted: str, write: Callable[[], Awaitable[None]]
) -> None:
    before = await _find_session()

    with pytest.raises(Unavailable, match="not available right now"):
        await write()

    assert not db.in_transaction()
    assert await _find_session() != before


async def test_a_read_leaves_the_connection_as_it_is(demoted: str) -> None:
    assert await _find_session() == await _find_session()


async def test_its_log_has_no_position_of_writes(demoted: str) -> None:
    with pytest.raises(Unavailable):
        await db.read_position()


async def test_who_wrote_just_before_reads_no_replica_in_any_process(
    services: Services, demoted: str
) -> None:
    redis, writer = services.pubsub._redis, uuid4()
    async with read_by_product(demoted) as replica:
        await until_probed(replica)
        await RecentWrites(redis).remember([writer])

    assert await RecentWrites(redis).find_position([writer, uuid4()]) == UNKNOWN


async def test_a_mail_is_left_to_senders_at_the_primary(
    services: Services, running: RunningReplica
) -> None:
    """There it may have been sent already."""
    mail_id = await queue_sale()
    written = (await db.read_position()).bytes
    await running.until(f"SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn >= {written}")
    async with claim(mail_id) as here:
        pass
    async with own_pool():
        db.configure(running.url, application="tests")
        await db.start(pool_size=2)
        async with claim(mail_id) as there:
            pass
        await db.stop()

    assert here is not None
    assert there is None


async def test_a_migration_says_what_happened(running: RunningReplica) -> None:
    async with own_pool():
        with pytest.raises(Unavailable) as refused:
            await apply_migrations(running.url)

    assert str(refused.value).startswith("the database was lost while it was migrated: cannot")
    assert str(refused.value).endswith("`chenu migrate` goes on there")


async def _find_session() -> int:
    pid: int = await db.fetch_value("SELECT pg_backend_pid()")
    return pid
