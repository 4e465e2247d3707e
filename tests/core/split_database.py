"""A database that older code has filled, and that was split by month while it was used."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg

from chenu.core.ids import new_id
from chenu.core.migrations import apply_migrations, list_known
from tests.core.months import ACCOUNT, CLICK, OLD_CLICK, USED
from tests.core.older_inbox import OLDEST, STORE, list_old_events
from tests.core.posting_sessions import open_session

SPLIT = "2026-11-30T00:66:00:000000"
"""The first migration that splits."""
SWAP = "2026-11-30T00:92:00:000000"
"""The one that exchanges the ledger's transactions."""
_POSTING_LOCK = 7233011
SPLIT_EVENTS = "2026-11-30T00:96:00:000000"
"""The first one about Stripe's events."""


async def run_on(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()


async def open_unchecked(url: str) -> "asyncpg.Connection":
    connection = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    await connection.execute("SET session_replication_role = replica")
    return connection


async def fill(connection: "asyncpg.Connection") -> None:
    now = datetime.now(UTC)
    await connection.execute(CLICK, OLD_CLICK, new_id(), now)
    for days in (0, 1, 400):
        await connection.execute(USED, new_id(), ACCOUNT, now.date() - timedelta(days=days))


async def split_while_used(url: str, connection: "asyncpg.Connection") -> None:
    """Somebody reads the table for long, older code's statement is prepared already, and its
    sessions book all the time.
    """
    done = asyncio.Event()
    async with open_session(url) as session:
        await session.book()
        booking = asyncio.create_task(session.book_until(done))
        await _split_while_read(url, connection)
        await _swap_while_a_posting_waits(url)
        done.set()
        await booking
        await session.book()


async def _split_while_read(url: str, connection: "asyncpg.Connection") -> None:
    used = await connection.prepare(USED)
    reader = await asyncpg.connect(url)
    reading = reader.transaction()
    await reading.start()
    await reader.execute("SELECT 1 FROM affiliate_click")
    only = [each for each in list_known() if each < SWAP]
    migrating = asyncio.create_task(apply_migrations(url, only))
    await asyncio.sleep(0.7)  # longer than a migration waits for a table
    await used.fetch(new_id(), ACCOUNT, datetime.now(UTC).date())
    assert not migrating.done()
    await reading.rollback()
    await migrating
    await used.fetch(new_id(), ACCOUNT, datetime.now(UTC).date())
    await reader.close()


async def _swap_while_a_posting_waits(url: str) -> None:
    """It began before the tables were exchanged, and goes on after."""
    holder = await asyncpg.connect(url)
    await holder.execute("SELECT pg_advisory_lock($1)", _POSTING_LOCK)
    only = [each for each in list_known() if each < SPLIT_EVENTS]
    async with open_session(url) as session:
        migrating = asyncio.create_task(apply_migrations(url, only))
        await _wait_for_waiting(holder, "ExclusiveLock")
        booking = asyncio.create_task(session.book())
        await _wait_for_waiting(holder, "ShareLock")
        await holder.close()
        await asyncio.gather(migrating, booking)


async def _wait_for_waiting(connection: "asyncpg.Connection", mode: str) -> None:
    sql = "SELECT count(*) FROM pg_locks WHERE objid = $1 AND mode = $2 AND NOT granted"
    async with asyncio.timeout(20):
        while not await connection.fetchval(sql, _POSTING_LOCK, mode):  # noqa: ASYNC110 - of another session
            await asyncio.sleep(0.01)


async def split_events_while_used(url: str) -> None:
    """Older code stores each event twice all the while, and somebody reads the table for long."""
    reader, older = await asyncpg.connect(url), await open_older(url)
    for row in list_old_events(datetime.now(UTC)):
        await older.execute(OLDEST, *row)
    reading = reader.transaction()
    await reading.start()
    await reader.execute("SELECT 1 FROM webhook_event")
    migrating = asyncio.create_task(apply_migrations(url))
    storing = asyncio.create_task(store_until_done(url, older, migrating))
    await asyncio.sleep(0.7)
    assert not migrating.done()
    await reading.rollback()
    await asyncio.gather(migrating, storing)
    await reader.close()
    await older.close()


async def open_older(url: str) -> "asyncpg.Connection":
    """As requests of older code run."""
    connection = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    await connection.execute("SET ROLE chenu_app")
    return connection


async def store_until_done(
    url: str, older: "asyncpg.Connection", migrating: "asyncio.Task[list[str]]"
) -> None:
    """By statements that were prepared before; exactly one of two must find the event new."""
    another = await open_older(url)
    statements = [await each.prepare(STORE) for each in (older, another)]
    number, is_last = 0, False
    while not is_last:
        is_last = migrating.done()
        number += 1
        now = datetime.now(UTC)
        stored = await asyncio.gather(
            *(each.fetch(f"evt_meanwhile_{number}", now) for each in statements),
        )
        assert sorted(map(len, stored)) == [0, 1], stored
        known = await statements[number % 2].fetch("evt_known", now)
        assert known == []
        await asyncio.sleep(0.005)
    assert number > 10
    await another.close()
