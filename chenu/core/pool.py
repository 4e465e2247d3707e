"""Connections that go from one statement to the next without a turn of the event loop.

asyncpg's pool takes each connection back in a task of its own, which costs as much as a short
statement. What was given back in order waits here for whoever comes next. All else stays the
pool's: who waits for a connection, what was cancelled half-way, what was lost, how many there are.
"""

from collections.abc import Generator
from types import TracebackType
from typing import Any

import asyncpg

_SEEN_BY_THE_POOL = 100
"""One of so many goes back to the pool, which replaces the old and closes what nobody needs."""


class ConnectionPool:
    """Stands before asyncpg's pool and is used as that is."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._ready: list[Any] = []
        self._waiting = 0
        self._released = 0
        self._is_closing = False

    def acquire(self) -> "_Lease":
        """To await, or to enter. Raises what asyncpg raises where there is no connection."""
        return _Lease(self)

    async def take(self) -> Any:
        while self._ready:
            connection = self._ready.pop()
            if _is_in_order(connection):
                return connection
            await self._pool.release(connection)
        self._waiting += 1
        try:
            return await self._pool.acquire()
        finally:
            self._waiting -= 1

    async def release(self, connection: Any, *, is_clean: bool = True) -> None:
        """Not clean: its statement may not have ended, which the pool waits for."""
        self._released += 1
        is_due = self._released % _SEEN_BY_THE_POOL == 0
        is_wanted = is_due or self._waiting or self._is_closing
        if is_clean and not is_wanted and _is_in_order(connection):
            self._ready.append(connection)
            return
        try:
            if not is_clean:
                await _end_statement(connection)
        finally:
            await self._pool.release(connection)

    async def close(self) -> None:
        """Waits for connections in use; cuts them when it is cancelled."""
        self._is_closing = True
        while self._ready:
            await self._pool.release(self._ready.pop())
        await self._pool.close()


class _Lease:
    """One connection for the length of a block, or until it is released."""

    __slots__ = ("_connection", "_pool")

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def __await__(self) -> Generator[Any, None, Any]:
        return self._pool.take().__await__()

    async def __aenter__(self) -> Any:
        self._connection = await self._pool.take()
        return self._connection

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.release(self._connection, is_clean=error is None)


async def _end_statement(connection: Any) -> None:
    """Stop the statement timeout of a statement that was prepared but never run.

    asyncpg prepares without a Sync, so that PostgreSQL goes on counting until the next one. When
    the values do not fit, or the task is cancelled in between, the idle connection would meet its
    timeout, and its next user the error.
    """
    try:
        await connection.execute("SELECT 1")
    except Exception:  # also asyncpg's own, of a connection that is just being ended
        connection.terminate()
    except BaseException:
        connection.terminate()
        raise


def _is_in_order(connection: Any) -> bool:
    """Open, and in no transaction that somebody began and left."""
    try:
        return not connection.is_closed() and not connection.is_in_transaction()
    except asyncpg.InterfaceError:  # lost meanwhile: the pool has taken it back already
        return False
