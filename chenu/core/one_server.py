"""A pool whose connections are all of one server, also where its address leads to several.

What is measured of a replica on one connection then holds for the others.
"""

from typing import Any

import asyncpg

from chenu.core.pool import ConnectionPool

_SERVER = """
    SELECT concat_ws(' ', inet_server_addr(), inet_server_port(), pg_postmaster_start_time())
"""
"""Another one after a restart: a replica that crashed may come back without all that it showed."""


class OtherServer(Exception):
    """A new connection is of another server than those before it."""


class OneServerPool:
    """`is_elsewhere`: its address leads to another server by now, so that it is of no use."""

    def __init__(self) -> None:
        self._pool: ConnectionPool
        self._server: str | None = None
        self._hook: Any = None
        self.is_elsewhere = False

    async def open(self, options: dict[str, Any]) -> None:
        """asyncpg's options of a pool. Raises what the driver raises."""
        self._hook = options.get("init")
        opened = await asyncpg.create_pool(**{**options, "init": self._admit})
        self._pool = ConnectionPool(opened)

    def acquire(self) -> Any:
        """As of the pool; raises OtherServer too."""
        return self._pool.acquire()

    async def close(self) -> None:
        await self._pool.close()

    async def _admit(self, connection: Any) -> None:
        server = await connection.fetchval(_SERVER)
        if self._server not in (None, server):
            self.is_elsewhere = True
            raise OtherServer
        self._server = server
        if self._hook is not None:
            await self._hook(connection)
