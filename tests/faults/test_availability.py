"""A web process, the database, the queue or the worker is away: the figure shows each of them.

Each second is a sample here, so that an outage of seconds is seen.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest

from chenu.availability.figures import Figure
from chenu.availability.samples import Sample, find_last_sample
from chenu.availability.status import ServiceState, read_measured, read_status
from chenu.core.clock import CLOCK, system_now
from chenu.demo.processes import free_port
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.faults.own_engines import Alone, open_alone
from tests.faults.server import Server
from tests.rows import count
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

EVERY_SECOND = {"CHENU_SAMPLE_SECONDS": "1"}
_WAITS = '"event":"samples_wait"'


@pytest.fixture(scope="module")
async def alone(engines: Engines, open_engines: Services) -> AsyncIterator[Alone]:
    CLOCK.reset()
    async with open_alone(engines, **EVERY_SECOND) as opened:
        yield opened


async def _last() -> Sample:
    found = await find_last_sample()
    assert found is not None
    return found


async def _is_available() -> bool:
    found = await find_last_sample()
    if found is None or not found.is_available:
        return False
    return found.at > system_now() - timedelta(seconds=3)


async def _figure() -> Figure:
    today = system_now().date()
    tomorrow = today + timedelta(days=1)
    return (await read_measured(today, tomorrow)).figure(today, tomorrow)


async def _begin(alone: Alone) -> Figure:
    """What was measured before; from here on the service is available.

    Each slot that is over has its sample: one that came later would hide a second of the outage.
    """
    await alone.begin()
    await until(_is_available, "a sample of a service that works")
    found: list[Figure] = []

    async def is_sampled() -> bool:
        last, today = await _last(), system_now().date()
        tomorrow = today + timedelta(days=1)
        measured = await read_measured(today, tomorrow)
        if measured.until <= last.until:
            found.append(measured.figure(today, tomorrow))
        return bool(found)

    await until(is_sampled, "a sample of each slot that is over")
    return found[0]


async def _count_without(part: str) -> int:
    """Samples that saw this part away, and the database there.

    Of the last slot there may be another sample, which sees that it is back: two are waited for.
    """
    return await count("availability_sample", f"database AND NOT {part}")


async def _came_back(before: Figure) -> None:
    """The outage is in the figure, and goes on no more."""
    await until(_is_available, "a sample after the outage")
    after = await _figure()
    assert after.unavailable > before.unavailable
    assert after.available > before.available
    assert after.thousandths is not None
    assert after.thousandths < 100_000


async def test_one_of_two_web_processes_is_no_outage_but_both_are(alone: Alone) -> None:
    stand = alone.stand
    before = await _begin(alone)
    arguments = ["serve", "--port", str(free_port())]
    other = Server("other-web", arguments, stand.web.env, stand.web.folder)
    other.start()

    async def are_both_ready() -> bool:
        return (await _last()).web_ready == 2

    async def is_one_ready() -> bool:
        last = await _last()
        return (last.web_ready, last.web_known) == (1, 2)

    seen = await _count_without("web")

    async def is_none_ready() -> bool:
        return await _count_without("web") >= seen + 2

    try:
        await until(are_both_ready, "the second process's first sample")
        stand.web.kill()
        await until(is_one_ready, "a sample without the first")
        state, last = (await read_status()).state, await _last()
    finally:
        other.kill()
    await until(is_none_ready, "a sample without both")
    while_down = await _last()
    stand.web.revive()

    assert (state, last.is_available) == (ServiceState.DEGRADED, True)
    assert (while_down.web, while_down.database, while_down.web_known) == (False, True, 2)
    await _came_back(before)


async def test_a_database_that_was_away_is_in_the_figure_later(alone: Alone) -> None:
    stand = alone.stand
    before = await _begin(alone)
    await stand.http.get(f"{stand.url}/status")
    alone.stop_postgres(signal.SIGINT)
    said_before = stand.worker.log.read_text().count(_WAITS)

    async def has_samples_that_wait() -> bool:
        log = await asyncio.to_thread(stand.worker.log.read_text)
        return log.count(_WAITS) >= said_before + 5  # some may be of one slot, or saw it go

    await until(has_samples_that_wait, "samples without a database")
    page = await stand.http.get(f"{stand.url}/status", headers={"accept-language": "en"})
    for_programs = await stand.http.get(f"{stand.url}/status.json")
    await alone.start_postgres()
    await until(_has_late_samples, "the samples of the outage")

    assert page.status_code == 200
    assert "The database does not answer now" in page.text
    assert "is what was known" in page.text
    assert for_programs.json()["isCurrent"] is False
    await _came_back(before)
    assert not stand.web.died
    assert not stand.worker.died


async def _has_late_samples() -> bool:
    return await count("availability_sample", "NOT database") >= 2


async def test_a_queue_that_stands_still_is_in_the_figure(alone: Alone) -> None:
    before = await _begin(alone)
    seen = await _count_without("queue")

    async def stands_still() -> bool:
        return await _count_without("queue") >= seen + 2

    async with _locked_queue(alone):
        await until(stands_still, "samples of a queue that does not answer")

    await _came_back(before)


@asynccontextmanager
async def _locked_queue(alone: Alone) -> AsyncIterator[None]:
    connection = await asyncpg.connect(alone.stand.engines.postgres_url)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE pgqueuer IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def test_a_worker_that_is_killed_leaves_a_gap_that_counts(alone: Alone) -> None:
    before = await _begin(alone)
    alone.stand.worker.kill()

    async def is_missed() -> bool:
        return (await _figure()).unavailable >= before.unavailable + 4

    await until(is_missed, "a gap of seconds")
    state = (await read_status()).state
    alone.stand.worker.revive()

    assert state is ServiceState.DOWN
    await _came_back(before)
