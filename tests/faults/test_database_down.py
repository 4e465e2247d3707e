"""PostgreSQL goes away and comes back: what was acknowledged is there, all else is a clear 503.

reliability: F9, and the table's row "Postgres".
"""

import asyncio
import random
import signal
from collections.abc import Sequence

import pytest

from tests.faults.counts import seeds
from tests.faults.own_engines import Alone
from tests.faults.writers import Writer, all_go_on, writing
from tests.rows import count
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

OUTAGES = ("fast stop", "immediate stop", "kill -9", "terminate all backends")
_SIGNALS = {
    "fast stop": signal.SIGINT,
    "immediate stop": signal.SIGQUIT,
    "kill -9": signal.SIGKILL,
}


@pytest.mark.parametrize("seed", seeds(10))
async def test_twenty_writers_lose_nothing(alone: Alone, seed: int) -> None:
    await alone.begin()
    outage = random.Random(seed).choice(OUTAGES)
    buyers = [await alone.stand.make_buyer(f"w{seed}n{n}") for n in range(20)]
    writers = [Writer(alone.stand, buyer) for buyer in buyers]
    async with writing(writers):
        await all_go_on(writers)
        await _break(alone, outage, writers)
        await all_go_on(writers)

    assert [odd for writer in writers for odd in writer.odd] == []
    assert await _count_stored(writers) == sum(len(writer.done) for writer in writers)
    await asyncio.gather(*(alone.stand.buy(buyer, "paid") for buyer in buyers))
    await alone.stand.settle(20)


async def _break(alone: Alone, outage: str, writers: Sequence[Writer]) -> None:
    """Returns once PostgreSQL accepts connections again.

    Where it was gone, after some were refused.
    """
    if outage == "terminate all backends":
        await alone.terminate_all_backends()
        return

    async def are_refused() -> bool:
        return all(writer.refused for writer in writers)

    alone.stop_postgres(_SIGNALS[outage])
    await until(are_refused)
    await alone.start_postgres()


async def _count_stored(writers: Sequence[Writer]) -> int:
    keys = [key for writer in writers for key in writer.done]
    return await count("idempotency_record", "key = ANY($1)", keys)


async def test_while_it_is_away_everything_says_so_at_once(alone: Alone) -> None:
    stand = alone.stand
    await alone.begin()
    buyer = await stand.make_buyer("patient")
    page = await stand.buy_until_open(buyer, "one")
    alone.stop_postgres(signal.SIGINT)

    shown = await stand.http.get(f"{stand.url}/agents")
    asked = await stand.ask(buyer, "two")
    health = [await stand.http.get(f"{stand.url}/{path}") for path in ("healthz", "readyz")]
    await stand.pay(page)
    await until(stand.stripe.has_failed_delivery)
    await alone.start_postgres()

    assert (shown.status_code, "retry-after" in shown.headers) == (503, True)
    assert "text/html" in shown.headers["content-type"]
    assert (asked.status_code, "retry-after" in asked.headers) == (503, True)
    assert asked.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert [answer.status_code for answer in health] == [200, 503]
    assert not stand.web.died
    assert not stand.worker.died
    assert '"event":"queue_lost"' in await asyncio.to_thread(stand.worker.log.read_text)
    await stand.settle(1)
    assert (stand.web.deaths, stand.worker.deaths) == (0, 0)
