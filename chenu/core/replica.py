"""A streaming copy of the database: whether it can be read now, and its connections.

It is read while it has all that the primary had so long ago as the kind of read allows, and all
that the reader has written. Both are measured by positions of the primary's log, so that neither an
idle primary nor a broken stream looks like what it is not. What is measured holds for one server:
where its address leads to another one, all begins anew.
"""

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from typing import Any

import asyncpg
import structlog

from chenu.core.db_errors import CONTENTION, LOST, TOO_SLOW, WRITES_REFUSED
from chenu.core.errors import Busy, Unavailable
from chenu.core.log_position import BEGINNING, READ_REPLICA, LogPosition
from chenu.core.one_server import OneServerPool, OtherServer
from chenu.core.staleness import DEFAULT_BOUNDS, Bounds, ReadKind, StaleRead

log = structlog.get_logger(__name__)

_SLOWEST_PROBE_SECONDS = 1.0
_PROBES_IN_A_BOUND = 4
_PROBE_PATIENCE_SECONDS = 2.0
_STOP_SECONDS = 2
_IN_THE_WAY = (
    *LOST,
    *TOO_SLOW,
    *CONTENTION,  # also rows that it may not keep for a reader: "conflict with recovery"
    *WRITES_REFUSED,
    asyncpg.UndefinedTableError,  # a migration that it has not replayed yet
    asyncpg.UndefinedColumnError,
    OtherServer,
)


class ReplicaFailed(Exception):
    """The statement is to be run on the primary."""


class ReadResult(StrEnum):
    """Who answered a statement that might have been read here: the replica, or the primary, and
    then why.
    """

    REPLICA = "replica"
    AWAY = "away"
    LAG = "lag"
    OWN_WRITE = "own_write"
    FAILED = "failed"


class Replica:
    """`counts` are of statements that might have been read here."""

    def __init__(
        self,
        options: dict[str, Any],
        read_position: Callable[[], Awaitable[LogPosition]],
        bounds: Bounds = DEFAULT_BOUNDS,
    ) -> None:
        self._options = options
        self._read_position = read_position
        self.bounds = bounds
        self._pool: OneServerPool | None = None
        self._positions: deque[tuple[float, LogPosition]] = deque()
        self._replayed = BEGINNING
        self._current_at = -math.inf
        self._was_fit = False
        self._probed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.counts: Counter[tuple[ReadKind, ReadResult]] = Counter()

    @property
    def longest_bound(self) -> float:
        return max(self.bounds.values())

    @property
    def probe_seconds(self) -> float:
        """Short enough that the time between two probes does not use up the shortest bound."""
        shortest = min((bound for bound in self.bounds.values() if bound), default=math.inf)
        return min(_SLOWEST_PROBE_SECONDS, shortest / _PROBES_IN_A_BOUND)

    @property
    def lag_seconds(self) -> float:
        """It has all that the primary had so long ago; infinite while that is not known."""
        return time.monotonic() - self._current_at

    @property
    def is_fit(self) -> bool:
        """For the reads that may be oldest."""
        return self._find_pool() is not None and self.lag_seconds <= self.longest_bound

    @property
    def served(self) -> int:
        return sum(count for (_, by), count in self.counts.items() if by is ReadResult.REPLICA)

    @property
    def left_to_primary(self) -> int:
        return self.counts.total() - self.served

    def has_replayed(self, position: LogPosition) -> bool:
        return position <= self._replayed

    def find_obstacle(self, read: StaleRead) -> ReadResult | None:
        """Why it is to be read from the primary; None if it may be read here."""
        if self._find_pool() is None:
            return ReadResult.AWAY
        if self.lag_seconds > self.bounds[read.kind]:
            return ReadResult.LAG
        return None if self.has_replayed(read.after) else ReadResult.OWN_WRITE

    def start(self) -> None:
        """Returns at once: a replica that is away stops no process."""
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._close()

    async def run(self, read: StaleRead, method: str, sql: str, args: tuple[Any, ...]) -> Any:
        """One reading statement, outside any transaction. Raises ReplicaFailed."""
        pool, obstacle = self._find_pool(), self.find_obstacle(read)
        if pool is None or obstacle is not None:
            self.counts[read.kind, obstacle or ReadResult.AWAY] += 1
            self._log_standing("away" if pool is None else "lagging")
            raise ReplicaFailed
        as_of = self._current_at
        try:
            async with pool.acquire() as connection:
                answer = await getattr(connection, method)(sql, *args)
        except _IN_THE_WAY as error:
            self.counts[read.kind, ReadResult.FAILED] += 1
            self._record_failure(error)
            raise ReplicaFailed from error
        self.counts[read.kind, ReadResult.REPLICA] += 1
        read.as_of = min(read.as_of, as_of)
        return answer

    @asynccontextmanager
    async def snapshot(self, read: StaleRead) -> AsyncIterator[Any]:
        """A connection that sees one moment, and may change nothing. Raises ReplicaFailed, also
        where the block loses it.
        """
        pool, obstacle = self._find_pool(), self.find_obstacle(read)
        if pool is None or obstacle is not None:
            self.counts[read.kind, obstacle or ReadResult.AWAY] += 1
            raise ReplicaFailed
        try:
            async with (
                pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                yield connection
        except (*_IN_THE_WAY, Unavailable, Busy) as error:  # the last two: by db's own functions
            self.counts[read.kind, ReadResult.FAILED] += 1
            self._record_failure(error.__cause__ or error)
            raise ReplicaFailed from error
        self.counts[read.kind, ReadResult.REPLICA] += 1

    async def wait_for(self, position: LogPosition, patience: float) -> None:
        """Until it has replayed this position of the primary's log, is lost, or so many seconds
        are over.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while self.is_fit and not self.has_replayed(position):
                    await self._probed.wait()

    def _record_failure(self, error: BaseException) -> None:
        """Left until the next probe if it was lost or was too slow."""
        is_lost = isinstance(error, (*LOST, *TOO_SLOW, OtherServer))
        # a value that does not fit is the statement's fault, and no loss of the replica
        if is_lost and not isinstance(error, asyncpg.DataError):
            self._leave(type(error).__name__)
        else:
            log.warning("replica_not_read", cause=type(error).__name__)

    async def _watch(self) -> None:
        while True:
            try:
                await self.probe()
            except Exception as error:
                self._leave(type(error).__name__)
            self._probed.set()
            self._probed = asyncio.Event()
            await asyncio.sleep(self.probe_seconds)

    async def probe(self) -> None:
        """Find out how far it is behind. Raises what the driver raises."""
        asked_at = time.monotonic()
        with suppress(Exception):  # without the primary only what was known before counts
            self._record_position(asked_at, await self._read_position())
        async with asyncio.timeout(_PROBE_PATIENCE_SECONDS):
            pool = await self._open()
            async with pool.acquire() as connection:
                standing = await connection.fetchrow(READ_REPLICA)
        if not standing["is_copy"]:
            log.error("replica_refused", reason="DATABASE_REPLICA_URL is no streaming replica")
            self._leave("not_a_replica")
            await self._close()  # the address may lead to one the next time
            return
        self._replayed = LogPosition(standing["timeline"] or 0, standing["bytes"] or 0)
        while self._positions and self._positions[0][1] <= self._replayed:
            self._current_at = self._positions.popleft()[0]
        self._log_standing("lagging")

    def _find_pool(self) -> OneServerPool | None:
        pool = self._pool
        return None if pool is None or pool.is_elsewhere else pool

    async def _open(self) -> OneServerPool:
        """A new pool where the address leads to another server by now."""
        pool = self._find_pool()
        if pool is None:
            await self._close()
            self._current_at, self._replayed = -math.inf, BEGINNING
            pool = OneServerPool()
            await pool.open(self._options)
            self._pool = pool
        return pool

    def _record_position(self, at: float, position: LogPosition) -> None:
        """What the primary's log had reached. After a fail-over it may begin anew before the
        position of the primary that was lost.
        """
        while self._positions and self._positions[-1][1] > position:
            self._positions.pop()
        self._positions.append((at, position))
        while self._positions[0][0] < at - 2 * self.longest_bound:
            self._positions.popleft()

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
