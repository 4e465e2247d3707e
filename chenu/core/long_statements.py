"""Statements over whole tables, which may take longer than those of a request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from chenu.core import db

LONGEST_SECONDS = 3600
_WORK_MEMORY = "64MB"
"""For each sort, and twice as much for each hash table: what is larger goes through the disk."""


@asynccontextmanager
async def long_statements(*, is_snapshot: bool = False) -> AsyncIterator["LongStatements"]:
    """A transaction in which each statement has an hour, and memory for sorts of whole tables.

    `is_snapshot`: all of them read what was there when the first began, and none may write, so that
    what is recorded meanwhile makes no difference between two of them.
    """
    async with db.transaction(), db.connection() as connection:
        if is_snapshot:
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        await connection.execute(f"SET LOCAL statement_timeout = '{LONGEST_SECONDS}s'")
        await connection.execute(f"SET LOCAL work_mem = '{_WORK_MEMORY}'")
        yield LongStatements(connection)


class LongStatements:
    """The connection of such a transaction: the driver has a time of its own for each call."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch_records(self, sql: str, *args: Any) -> list[Any]:
        records: list[Any] = await self._connection.fetch(sql, *args, timeout=LONGEST_SECONDS)
        return records

    async def fetch_value(self, sql: str, *args: Any) -> Any:
        return await self._connection.fetchval(sql, *args, timeout=LONGEST_SECONDS)

    async def execute(self, sql: str) -> None:
        await self._connection.execute(sql, timeout=LONGEST_SECONDS)
