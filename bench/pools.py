"""Our pool beside asyncpg's own, which it wraps: the same statements, interleaved."""

import asyncio
import statistics
import time
from dataclasses import dataclass
from typing import Any

import asyncpg

from bench.load import CONNECTIONS
from bench.plain import LIST_SQL
from bench.requests import FIRST
from bench.rounds import Ratio
from chenu.core.pool import ConnectionPool

LEAST = 1.1
"""Decision 0012: our pool is removed if it gains less."""
_ROUNDS, _SECONDS = 15, 0.4
_SHORT = "SELECT id FROM agent WHERE slug = $1"


@dataclass(frozen=True)
class PoolRatios:
    """Statements a second with our pool over those with asyncpg's own."""

    short: Ratio
    listing: Ratio


async def compare_pools(url: str) -> PoolRatios:
    theirs = await asyncpg.create_pool(url, min_size=2, max_size=CONNECTIONS, reset=_keep)
    inner = await asyncpg.create_pool(url, min_size=2, max_size=CONNECTIONS, reset=_keep)
    ours = ConnectionPool(inner)
    try:
        short = await _compare(ours, theirs, _SHORT, "agent-1")
        return PoolRatios(short, await _compare(ours, theirs, LIST_SQL, FIRST))
    finally:
        await ours.close()
        await theirs.close()


async def _keep(_: Any) -> None:
    """Keeps the session's state: both sides run without a reset."""


async def _compare(ours: Any, theirs: Any, sql: str, value: object) -> Ratio:
    each = []
    for _ in range(_ROUNDS):
        rates = [await _rate(pool, sql, value) for pool in (theirs, ours)]
        each.append(rates[1] / rates[0])
    return Ratio(min(each), statistics.median(each), max(each))


async def _rate(pool: Any, sql: str, value: object) -> float:
    """As many concurrent statements as the load generator has connections."""
    counts = [0] * CONNECTIONS
    started = time.perf_counter()
    end = started + _SECONDS

    async def ask_until_the_end(place: int) -> None:
        while time.perf_counter() < end:
            async with pool.acquire() as connection:
                await connection.fetch(sql, value)
            counts[place] += 1

    await asyncio.gather(*(ask_until_the_end(place) for place in range(CONNECTIONS)))
    return sum(counts) / (time.perf_counter() - started)
