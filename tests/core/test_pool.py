"""Connections that are reused for the next statement, and those that must not be."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
import pytest

from chenu.core.pool import ConnectionPool
from tests.conftest import Engines
from tests.waiting import until

SIZE = 2
_WHO = "SELECT pg_backend_pid()"
_NAME = "tests of the pool"


@asynccontextmanager
async def open_pool(engines: Engines, **options: Any) -> AsyncIterator[ConnectionPool]:
    inner = await asyncpg.create_pool(
        engines.postgres_url,
        min_size=1,
        max_size=SIZE,
        reset=keep_settings,
        server_settings={"application_name": _NAME},
        **options,
    )
    pool = ConnectionPool(inner)
    try:
        yield pool
    finally:
        async with asyncio.timeout(10):
            await pool.close()


async def keep_settings(connection: Any) -> None:
    """As in chenu.core.db: only an unfinished transaction is rolled back."""
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")


@pytest.fixture
async def pool(engines: Engines) -> AsyncIterator[ConnectionPool]:
    async with open_pool(engines) as opened:
        yield opened


async def ask(pool: ConnectionPool, sql: str = _WHO) -> Any:
    async with pool.acquire() as connection:
        return await connection.fetchval(sql)


async def test_one_after_the_other_uses_one_connection(pool: ConnectionPool) -> None:
    assert len({await ask(pool) for _ in range(250)}) == 1


async def test_giving_back_waits_for_no_turn_of_the_loop(pool: ConnectionPool) -> None:
    connection = await pool.acquire()
    turns: list[int] = []
    asyncio.get_running_loop().call_soon(turns.append, 1)

    await pool.release(connection)
    again = await pool.acquire()

    assert again is connection
    assert turns == []
    await pool.release(again)


async def test_many_share_few_connections(pool: ConnectionPool) -> None:
    """Contexts and plain acquisitions, as in Piccolo's transactions: every waiter gets a
    connection.
    """

    async def take_and_give(number: int) -> int:
        if number % 2:
            return int(await ask(pool, f"SELECT {number}"))
        connection = await pool.acquire()
        try:
            return int(await connection.fetchval(f"SELECT {number}"))
        finally:
            await pool.release(connection)

    async with asyncio.timeout(30):
        answers = await asyncio.gather(*(take_and_give(number) for number in range(500)))

    assert answers == list(range(500))


async def test_whoever_waits_is_given_what_comes_back(pool: ConnectionPool) -> None:
    taken = [await pool.acquire() for _ in range(SIZE)]
    waiting = asyncio.create_task(ask(pool))
    await asyncio.sleep(0)
    await pool.release(taken[0])

    async with asyncio.timeout(10):
        assert await waiting
    await pool.release(taken[1])


async def test_a_statement_that_was_cancelled_is_nobody_else_s(pool: ConnectionPool) -> None:
    for _ in range(20):
        cancelled = asyncio.create_task(ask(pool, "SELECT pg_sleep(60)"))
        await asyncio.sleep(0.01)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        assert await ask(pool, "SELECT 1") == 1


async def test_a_statement_that_cannot_be_cancelled_holds_up_nobody_else(
    pool: ConnectionPool, engines: Engines
) -> None:
    stopped = await ask(pool)
    lost = asyncio.create_task(ask(pool, "SELECT pg_sleep(60)"))
    await until(partial(is_asleep, engines, stopped))
    os.kill(stopped, signal.SIGSTOP)
    try:
        lost.cancel()
        await asyncio.sleep(0)
        async with asyncio.timeout(30):
            assert await ask(pool) != stopped
    finally:
        os.kill(stopped, signal.SIGCONT)
        await asyncio.wait([lost])


async def is_asleep(engines: Engines, pid: int) -> bool:
    connection = await asyncpg.connect(engines.postgres_url)
    sql = "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = $1"
    asleep = await connection.fetchval(sql, pid)
    await connection.close()
    return bool(asleep)


async def test_a_transaction_that_was_left_is_nobody_else_s(pool: ConnectionPool) -> None:
    async with pool.acquire() as connection:
        await connection.execute("BEGIN")

    async with pool.acquire() as connection:
        assert not connection.is_in_transaction()


async def test_a_failed_statement_leaves_a_connection_that_works(pool: ConnectionPool) -> None:
    before = await ask(pool)
    with pytest.raises(asyncpg.UndefinedTableError):
        await ask(pool, "SELECT 1 FROM nowhere")

    assert await ask(pool) == before


async def test_a_connection_that_was_lost_while_it_waited_is_replaced(
    pool: ConnectionPool, engines: Engines
) -> None:
    for _ in range(3 * SIZE):
        async with pool.acquire() as connection:
            lost = await connection.fetchval(_WHO)
        await end_backend(engines, lost)
        await until(partial(is_lost, connection))

        assert await ask(pool) != lost


async def is_lost(connection: Any) -> bool:
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:  # asyncpg's pool has taken it back
        return True


async def end_backend(engines: Engines, pid: int) -> None:
    connection = await asyncpg.connect(engines.postgres_url)
    assert await connection.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
    await connection.close()


async def test_what_waits_is_closed_with_the_pool(engines: Engines) -> None:
    async with open_pool(engines) as pool:
        await asyncio.gather(*(ask(pool) for _ in range(10)))

    with pytest.raises(asyncpg.InterfaceError):
        await ask(pool)
    connection = await asyncpg.connect(engines.postgres_url)
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1"
    left = await connection.fetchval(count, _NAME)
    await connection.close()
    assert left == 0


async def test_what_comes_back_while_the_pool_closes_is_closed(engines: Engines) -> None:
    async with open_pool(engines) as pool:
        connection = await pool.acquire()
        closing = asyncio.create_task(pool.close())
        await asyncio.sleep(0.05)
        await pool.release(connection)
        async with asyncio.timeout(10):
            await closing


async def test_the_driver_s_pool_sees_each_connection_now_and_then(engines: Engines) -> None:
    """It replaces old connections; here it gets every release."""
    async with open_pool(engines, max_queries=1) as pool:
        assert len({await ask(pool) for _ in range(300)}) == 3


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("SELECT $1::int + 7", ["seven"]),
        ("SELECT $1::text || 'x'", [7]),
        ("SELECT $1::uuid", ["no id"]),
        ("SELECT $1::int + 8", [1, 2]),
    ],
)
async def test_values_that_do_not_fit_leave_no_timeout_behind(
    engines: Engines, sql: str, values: list[Any]
) -> None:
    """The statement is prepared by then, and PostgreSQL's timeout runs until the next message."""
    async with open_pool(engines, init=set_short_timeout) as pool:
        with pytest.raises((asyncpg.DataError, asyncpg.InterfaceError)):
            async with pool.acquire() as connection:
                await connection.fetchval(sql, *values)
        await asyncio.sleep(3 * _TIMEOUT_SECONDS)

        assert await ask(pool, "SELECT 'fine'") == "fine"


_TIMEOUT_SECONDS = 0.2


async def set_short_timeout(connection: Any) -> None:
    await connection.execute(f"SET statement_timeout = {round(_TIMEOUT_SECONDS * 1000)}")
