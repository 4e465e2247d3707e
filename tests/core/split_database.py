"""A database that older code has filled, and that was split by month while it was used."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg

from chenu.core.ids import new_id
from chenu.core.migrations import apply_migrations
from tests.core.months import ACCOUNT, CLICK, OLD_CLICK, USED
from tests.core.posting_sessions import open_session

SPLIT = "2026-11-30T00:66:00:000000"
"""The first migration that splits."""


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
        done.set()
        await booking
        await session.book()


async def _split_while_read(url: str, connection: "asyncpg.Connection") -> None:
    used = await connection.prepare(USED)
    reader = await asyncpg.connect(url)
    reading = reader.transaction()
    await reading.start()
    await reader.execute("SELECT 1 FROM affiliate_click")
    migrating = asyncio.create_task(apply_migrations(url))
    await asyncio.sleep(0.7)  # longer than a migration waits for a table
    await used.fetch(new_id(), ACCOUNT, datetime.now(UTC).date())
    assert not migrating.done()
    await reading.rollback()
    await migrating
    await used.fetch(new_id(), ACCOUNT, datetime.now(UTC).date())
    await reader.close()
