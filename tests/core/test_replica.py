"""What may be a few seconds old is read from a real streaming replica, and from nothing worse."""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import asyncpg
import httpx
import pytest
from structlog.testing import capture_logs

from chenu.core import db
from chenu.core.replica import Replica
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.flows.sales import open_quiet_market
from tests.people import make_person
from tests.replica import RunningReplica, open_replica
from tests.waiting import until

_IS_COPY = "SELECT pg_is_in_recovery()"
_LAG_SECONDS = 2.0


@pytest.fixture(scope="module")
def running(engines: Engines) -> Iterator[RunningReplica]:
    with open_replica(engines) as opened:
        yield opened


@pytest.fixture
async def replica(services: Services, running: RunningReplica) -> AsyncIterator[Replica]:
    """The product reads it while the test runs."""
    async for opened in read_by_product(running.url):
        await until(partial(is_fit, opened), "a replica that is read")
        yield opened


async def read_by_product(url: str) -> AsyncIterator[Replica]:
    before = db.ENGINE.config
    db.configure(before["dsn"], application="tests", replica_url=url)
    opened, db.ENGINE.config = db.REPLICA, before
    assert opened is not None
    opened._longest_lag = _LAG_SECONDS
    opened.start()
    try:
        yield opened
    finally:
        db.REPLICA = None
        await opened.stop()


async def is_fit(replica: Replica) -> bool:
    return replica.is_fit


async def is_unfit(replica: Replica) -> bool:
    return not replica.is_fit


async def test_only_what_asks_for_it_is_read_from_the_replica(replica: Replica) -> None:
    with db.on_replica():
        inside = await db.fetch_value(_IS_COPY)
        async with db.transaction():
            in_transaction = await db.fetch_value(_IS_COPY)
    outside = await db.fetch_value(_IS_COPY)

    assert (inside, in_transaction, outside) == (True, False, False)
    assert (replica.served, replica.left_to_primary) == (1, 0)


async def test_what_is_written_all_the_same_is_written_once_to_the_primary(
    replica: Replica,
) -> None:
    sql = "INSERT INTO business_clock (id, offset_seconds) VALUES (1, 7) RETURNING offset_seconds"
    with db.on_replica():
        assert await db.fetch_value(sql) == 7

    assert await db.fetch_value("SELECT count(*) FROM business_clock") == 1
    assert replica.is_fit


async def test_a_value_that_does_not_fit_is_no_loss_of_the_replica(replica: Replica) -> None:
    with db.on_replica(), pytest.raises(asyncpg.DataError):
        await db.fetch_value("SELECT $1::int", "seven")

    assert replica.is_fit


async def test_a_replica_that_lags_is_left_and_taken_up_again(
    replica: Replica, running: RunningReplica
) -> None:
    await running.ask("SELECT pg_wal_replay_pause()")
    try:
        with capture_logs() as logs:
            await db.execute("INSERT INTO business_clock (id, offset_seconds) VALUES (1, 11)")
            await until(partial(is_unfit, replica), "a replica that lags")
            with db.on_replica():
                read = await db.fetch_value("SELECT offset_seconds FROM business_clock")
                is_copy = await db.fetch_value(_IS_COPY)
    finally:
        await running.ask("SELECT pg_wal_replay_resume()")
    await until(partial(is_fit, replica), "a replica that has caught up")
    with db.on_replica():
        assert await db.fetch_value(_IS_COPY)

    assert (read, is_copy) == (11, False)
    assert replica.left_to_primary == 2
    assert {"event": "replica_left", "reason": "lagging", "log_level": "warning"} in logs


async def test_nobody_notices_that_the_replica_stops(
    replica: Replica, running: RunningReplica, client: httpx.AsyncClient
) -> None:
    running.stop()
    try:
        with capture_logs() as logs, db.on_replica():
            answers = [await db.fetch_value(_IS_COPY) for _ in range(3)]
        page = await client.get("/agents")
        shown = (await client.get("/metrics")).text
    finally:
        running.start()
    await until(partial(is_fit, replica), "a replica that has come back")

    assert answers == [False] * 3
    assert page.status_code == 200
    assert [line["event"] for line in logs if line["event"] == "replica_left"] == ["replica_left"]
    assert "chenu_replica_lag_seconds +Inf" in shown
    assert f'chenu_replica_reads{{by="primary"}} {replica.left_to_primary}.0' in shown


async def test_a_database_that_is_no_replica_is_not_read(
    services: Services, engines: Engines
) -> None:
    async for replica in read_by_product(engines.postgres_url):
        with capture_logs() as logs:
            await until(partial(was_refused, logs), "a refusal")
        with db.on_replica():
            await db.fetch_value("SELECT 1")

        assert (replica.served, replica.left_to_primary) == (0, 1)


async def was_refused(logs: list[Any]) -> bool:
    return "replica_refused" in [line["event"] for line in logs]


async def test_visitors_read_the_store_from_the_replica(
    replica: Replica, services: Services, client: httpx.AsyncClient
) -> None:
    market = await open_quiet_market(services)
    await until(partial(has_replayed, replica), "a replica that has the agent")

    for path in ("/", "/agents", f"/agents/{market.agent.slug}"):
        before = replica.served
        page = await client.get(path)

        assert page.status_code == 200
        assert replica.served > before, path
    assert replica.left_to_primary == 0


async def has_replayed(replica: Replica) -> bool:
    with db.on_replica():
        return bool(await db.fetch_value("SELECT count(*) FROM agent"))


async def test_whoever_has_just_written_reads_their_own_writes(
    replica: Replica, services: Services, client: httpx.AsyncClient
) -> None:
    people = [await make_person(name) for name in ("writer", "reader")]
    await services.recent_writes._redis.flushdb()

    def cookie_of(person: Any) -> dict[str, str]:
        return {"cookie": f"chenu_session={person.token}"}

    async def reads_replica(person: Any) -> bool:
        before = replica.served
        assert (await client.get("/agents", headers=cookie_of(person))).status_code == 200
        return replica.served > before

    before = [await reads_replica(person) for person in people]
    await client.post("/account/mail", headers=cookie_of(people[0]), data={})
    after = [await reads_replica(person) for person in people]

    assert (before, after) == ([True, True], [False, True])
