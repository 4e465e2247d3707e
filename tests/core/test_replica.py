"""What may be a few seconds old is read from a real streaming replica, and from nothing worse."""

from typing import Any

import asyncpg
import httpx
import pytest
from structlog.testing import capture_logs

from chenu.core import db
from chenu.core.replica import ReadResult, Replica
from chenu.core.staleness import ReadKind, StaleRead, stale_reads
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.flows.sales import open_quiet_market
from tests.replica import (
    RunningReplica,
    read_by_product,
    until_caught_up,
    until_fit,
    until_unfit,
)
from tests.waiting import until

_IS_COPY = "SELECT pg_is_in_recovery()"


def pages() -> Any:
    return stale_reads(StaleRead(ReadKind.PAGES))


async def test_only_what_asks_for_it_is_read_from_the_replica(replica: Replica) -> None:
    with pages():
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
    with pages():
        assert await db.fetch_value(sql) == 7

    assert await db.fetch_value("SELECT count(*) FROM business_clock") == 1
    assert replica.is_fit


async def test_a_value_that_does_not_fit_is_no_loss_of_the_replica(replica: Replica) -> None:
    with pages(), pytest.raises(asyncpg.DataError):
        await db.fetch_value("SELECT $1::int", "seven")

    assert replica.is_fit


async def test_a_replica_that_lags_is_left_and_taken_up_again(
    replica: Replica, running: RunningReplica
) -> None:
    async with running.held():
        with capture_logs() as logs:
            await db.execute("INSERT INTO business_clock (id, offset_seconds) VALUES (1, 11)")
            await until_unfit(replica)
            with pages():
                read = await db.fetch_value("SELECT offset_seconds FROM business_clock")
                is_copy = await db.fetch_value(_IS_COPY)
    await until_fit(replica)
    with pages():
        assert await db.fetch_value(_IS_COPY)

    assert (read, is_copy) == (11, False)
    assert replica.left_to_primary == 2
    assert {"event": "replica_left", "reason": "lagging", "log_level": "warning"} in logs


async def test_nobody_notices_that_the_replica_stops(
    replica: Replica, running: RunningReplica, client: httpx.AsyncClient
) -> None:
    running.stop()
    try:
        with capture_logs() as logs, pages():
            answers = [await db.fetch_value(_IS_COPY) for _ in range(3)]
        page = await client.get("/agents")
        shown = (await client.get("/metrics")).text
    finally:
        running.start()
    await until_fit(replica)

    assert answers == [False] * 3
    assert page.status_code == 200
    assert [line["event"] for line in logs if line["event"] == "replica_left"] == ["replica_left"]
    assert "chenu_replica_lag_seconds +Inf" in shown
    failed = replica.counts[ReadKind.PAGES, ReadResult.FAILED]
    assert failed > 0
    assert f'chenu_replica_reads{{by="failed",kind="pages"}} {failed}.0' in shown


async def test_a_database_that_is_no_replica_is_not_read(
    services: Services, engines: Engines
) -> None:
    async with read_by_product(engines.postgres_url) as replica:
        with capture_logs() as logs:

            async def was_refused() -> bool:
                return "replica_refused" in [line["event"] for line in logs]

            await until(was_refused, "a refusal")
        with pages():
            await db.fetch_value("SELECT 1")

        assert (replica.served, replica.left_to_primary) == (0, 1)


async def test_visitors_read_the_store_from_the_replica(
    replica: Replica, services: Services, client: httpx.AsyncClient
) -> None:
    market = await open_quiet_market(services)
    await until_caught_up(replica)

    for path in ("/", "/agents", f"/agents/{market.agent.slug}"):
        before = replica.served
        page = await client.get(path)

        assert page.status_code == 200
        assert replica.served > before, path
    assert replica.left_to_primary == 0
