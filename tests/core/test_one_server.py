"""An address that leads to several servers, as HAProxy's: a process reads one of them at a time."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

import pytest
from structlog.testing import capture_logs

from chenu.core import db
from chenu.core.one_server import OneServerPool, OtherServer
from chenu.core.staleness import ReadKind, StaleRead, stale_reads
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.doors import open_door
from tests.replica import RunningReplica, read_by_product, until_fit
from tests.waiting import until

_IS_COPY = "SELECT pg_is_in_recovery()"


async def test_a_connection_to_another_server_is_refused(
    engines: Engines, running: RunningReplica
) -> None:
    async with open_door(running.url) as door:
        pool = OneServerPool()
        await pool.open({"dsn": door.url, "min_size": 1, "max_size": 4})
        async with pool.acquire(), pool.acquire() as second:
            assert await second.fetchval(_IS_COPY)

            door.target = engines.postgres_url
            with pytest.raises(OtherServer):
                await pool.acquire()
        assert pool.is_elsewhere
        await pool.close()


async def test_a_process_begins_anew_where_its_address_leads_elsewhere(
    services: Services, engines: Engines, running: RunningReplica
) -> None:
    """Else what was measured of one server would be believed of the other."""
    async with AsyncExitStack() as opened:
        door = await opened.enter_async_context(open_door(running.url))
        replica = await opened.enter_async_context(read_by_product(door.url))
        await until_fit(replica)

        with capture_logs() as logs:
            door.target = engines.postgres_url
            answers = await asyncio.gather(*(_read_slowly() for _ in range(3)))
            assert not replica.is_fit
            await _until_said(logs, "replica_refused")
        door.target = running.url
        await until_fit(replica)

        assert sorted(answers) == [False, False, True]
        assert await _read_slowly()


async def _until_said(logs: Sequence[Mapping[str, object]], event: str) -> None:
    async def was_said() -> bool:
        return event in [line["event"] for line in logs]

    await until(was_said, event)


async def _read_slowly() -> bool:
    """Whether a replica has answered; two at the same time need two connections."""
    with stale_reads(StaleRead(ReadKind.PAGES)):
        return bool(await db.fetch_value(f"{_IS_COPY} FROM pg_sleep(0.3)"))
