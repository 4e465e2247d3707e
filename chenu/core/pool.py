"""A connection pool that passes a connection to its next user without a turn of the event loop.

asyncpg's pool takes each connection back in a task of its own, which costs as much as a short
statement. Connections released in a clean state wait here for the next user. All else is left to
asyncpg's pool: waiting for a connection, cancelled statements, lost connections, and the size.
"""

from collections.abc import Generator
from types import TracebackType
from typing import Any

import asyncpg

_SEEN_BY_THE_POOL = 100
"""Every hundredth release goes to asyncpg's pool, which replaces old and closes idle
connections.
"""


class ConnectionPool:
    """Wraps asyncpg's pool and has the same interface."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._ready: list[Any] = []
        self._waiting = 0
        self._released = 0
        self._is_closing = False

    def acquire(self) -> "_Lease":
        """To be awaited, or entered as a context.

        Raises what asyncpg raises if no connection is available.
        """
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
        """Return it to asyncpg's pool, which waits for a statement that may still be running."""
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
        """Waits for connections in use; when cancelled, it closes them at once."""
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
    """End the statement timeout of a statement that was prepared but never run.

    asyncpg prepares without a Sync, so that PostgreSQL's timeout goes on until the next one. If the
    values do not fit, or the task is cancelled in between, the timeout would fire on the idle
    connection and its next user would get the error.
    """
    try:
        await connection.execute("SELECT 1")
    except Exception:  # includes asyncpg's own errors about a connection that is being closed
        connection.terminate()
    except BaseException:
        connection.terminate()
        raise


def _is_in_order(connection: Any) -> bool:
    """Open, and in no transaction that was begun and not ended."""
    try:
        return not connection.is_closed() and not connection.is_in_transaction()
    except asyncpg.InterfaceError:  # lost meanwhile: asyncpg's pool has taken it back already
        return False
