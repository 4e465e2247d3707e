"""Our pool and asyncpg's own give the same results for random sequences of users."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chenu.core.pool import ConnectionPool
from tests.conftest import Engines
from tests.core.test_pool import keep_settings
from tests.faults.counts import runs

SIZE = 2
ACTIONS = ("ask", "fail", "misfit", "leave a transaction", "lose", "cancel")
_SLEEP = "SELECT pg_sleep(3)"
"""Long enough: a cancel request that overtakes its statement at the server has no effect."""
_OF_THE_CONNECTION = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)

waves = st.lists(st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=4), max_size=6)
"""The users of a wave begin at once: more than there are connections."""


@settings(
    max_examples=runs(200),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(sequence=waves, open_at_the_end=st.booleans())
async def test_both_pools_answer_alike(
    engines: Engines, sequence: list[list[str]], open_at_the_end: bool
) -> None:
    ours = await _run(ConnectionPool(await _open(engines)), sequence, open_at_the_end)
    theirs = await _run(await _open(engines), sequence, open_at_the_end)

    assert ours == theirs


async def _open(engines: Engines) -> Any:
    return await asyncpg.create_pool(
        engines.postgres_url, min_size=1, max_size=SIZE, reset=keep_settings
    )


async def _run(pool: Any, sequence: Sequence[Sequence[str]], open_at_the_end: bool) -> list[object]:
    """The result of each user, what the next ones find, and how the pool ends."""
    seen: list[object] = []
    async with asyncio.timeout(60):
        for wave in sequence:
            seen.append(await asyncio.gather(*(_use(pool, action) for action in wave)))
            seen.append(await asyncio.gather(*(_use(pool, "look") for _ in range(SIZE))))
        lease = await pool.acquire() if open_at_the_end else None
        closing = asyncio.create_task(pool.close())
        await asyncio.sleep(0)
        if lease is not None:
            await pool.release(lease)
        seen.append(await closing)
        seen.append(await _use(pool, "ask"))
    return seen


async def _use(pool: Any, action: str) -> object:
    if action == "cancel":
        return await _cancel(pool)
    try:
        async with pool.acquire() as connection:
            return await _act(connection, action)
    except _OF_THE_CONNECTION:
        return "misfit" if action == "misfit" else "connection"
    except asyncpg.PostgresError as error:
        return type(error).__name__


async def _act(connection: Any, action: str) -> object:
    match action:
        case "fail":
            await connection.fetchval("SELECT 1 FROM nowhere")
        case "misfit":
            await connection.fetchval("SELECT $1::int", "seven")
        case "leave a transaction":
            await connection.execute("BEGIN")
        case "lose":
            await connection.fetchval("SELECT pg_terminate_backend(pg_backend_pid())")
        case "look":
            return [connection.is_in_transaction(), await connection.fetchval("SELECT 1")]
    return await connection.fetchval("SELECT 2")


async def _cancel(pool: Any) -> str:
    """At different times: while it waits for a connection, or while its statement runs."""

    async def sleep() -> None:
        async with pool.acquire() as connection:
            await connection.execute(_SLEEP)

    task = asyncio.create_task(sleep())
    await asyncio.sleep(0.01)
    task.cancel()
    [outcome] = await asyncio.gather(task, return_exceptions=True)
    return type(outcome).__name__
