"""A streaming copy of the database: whether it can be read now, and its connections.

It is read while it has all that the primary had a few seconds ago. That is measured by positions of
the primary's log, so that neither an idle primary nor a broken stream looks like what it is not.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from chenu.core.db_errors import CONTENTION, LOST, TOO_SLOW
from chenu.core.pool import ConnectionPool

log = structlog.get_logger(__name__)

LONGEST_LAG_SECONDS = 10.0
_PROBE_SECONDS = 1.0
_PROBE_PATIENCE_SECONDS = 2.0
_MOST_POSITIONS = 120
_STOP_SECONDS = 2
_STANDING = """
    SELECT pg_is_in_recovery() AS is_copy,
        pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint AS replayed
"""
PRIMARY_POSITION = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
_IN_THE_WAY = (
    *LOST,
    *TOO_SLOW,
    *CONTENTION,  # also rows that it may not keep for a reader: "conflict with recovery"
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.UndefinedTableError,  # a migration that it has not replayed yet
    asyncpg.UndefinedColumnError,
)


class ReplicaFailed(Exception):
    """The statement is to be run on the primary."""


class Replica:
    """`served` and `left_to_primary` count statements that wanted to be read here."""

    def __init__(
        self,
        options: dict[str, Any],
        read_position: Callable[[], Awaitable[int]],
        longest_lag: float = LONGEST_LAG_SECONDS,
    ) -> None:
        self._options = options
        self._read_position = read_position
        self._longest_lag = longest_lag
        self._pool: ConnectionPool | None = None
        self._positions: deque[tuple[float, int]] = deque(maxlen=_MOST_POSITIONS)
        self._current_at = -math.inf
        self._was_fit = False
        self._task: asyncio.Task[None] | None = None
        self.served = 0
        self.left_to_primary = 0

    @property
    def lag_seconds(self) -> float:
        """It has all that the primary had so long ago; infinite while that is not known."""
        return time.monotonic() - self._current_at

    @property
    def is_fit(self) -> bool:
        return self._pool is not None and self.lag_seconds <= self._longest_lag

    def start(self) -> None:
        """Returns at once: a replica that is away stops no process."""
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._close()

    async def run(self, method: str, sql: str, args: tuple[Any, ...]) -> Any:
        """One reading statement, outside any transaction. Raises ReplicaFailed."""
        pool = self._pool
        if pool is None or not self.is_fit:
            self.left_to_primary += 1
            self._log_standing("away" if pool is None else "lagging")
            raise ReplicaFailed
        try:
            async with pool.acquire() as connection:
                answer = await getattr(connection, method)(sql, *args)
        except _IN_THE_WAY as error:
            self.left_to_primary += 1
            # a value that does not fit is the statement's fault, and no loss of the replica
            is_lost = isinstance(error, (*LOST, *TOO_SLOW))
            if is_lost and not isinstance(error, asyncpg.DataError):
                self._leave(type(error).__name__)
            else:
                log.warning("replica_not_read", cause=type(error).__name__)
            raise ReplicaFailed from error
        self.served += 1
        return answer

    async def _watch(self) -> None:
        while True:
            try:
                await self.probe()
            except Exception as error:
                self._leave(type(error).__name__)
            await asyncio.sleep(_PROBE_SECONDS)

    async def probe(self) -> None:
        """Find out how far it is behind. Raises what the driver raises."""
        asked_at = time.monotonic()
        with suppress(Exception):  # without the primary only what was known before counts
            self._positions.append((asked_at, await self._read_position()))
        async with asyncio.timeout(_PROBE_PATIENCE_SECONDS):
            if self._pool is None:
                self._pool = ConnectionPool(await asyncpg.create_pool(**self._options))
            async with self._pool.acquire() as connection:
                standing = await connection.fetchrow(_STANDING)
        if not standing["is_copy"]:
            log.error("replica_refused", reason="DATABASE_REPLICA_URL is no streaming replica")
            self._leave("not_a_replica")
            return
        for position_at, position in self._positions:
            if position <= (standing["replayed"] or 0):
                self._current_at = max(self._current_at, position_at)
        self._log_standing("lagging")

    def _leave(self, reason: str) -> None:
        self._current_at = -math.inf
        self._log_standing(reason)

    def _log_standing(self, reason: str) -> None:
        """A line when reading begins and when it ends."""
        if self.is_fit and not self._was_fit:
            log.info("replica_read", lag_seconds=round(self.lag_seconds, 1))
        if self._was_fit and not self.is_fit:
            log.warning("replica_left", reason=reason)
        self._was_fit = self.is_fit

    async def _close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_STOP_SECONDS):
                    await pool.close()
