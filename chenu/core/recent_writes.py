"""Until which position of the log somebody has written, in Valkey: until a replica has that too,
they read the primary.
"""

import asyncio
from collections.abc import Collection
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.exceptions import RedisError

from chenu.core import db
from chenu.core.caches import TtlCache
from chenu.core.errors import ChenuError
from chenu.core.log_position import BEGINNING, UNKNOWN, LogPosition
from chenu.core.staleness import LONGEST_BOUND

log = structlog.get_logger(__name__)

_PATIENCE_SECONDS = 0.1
_POSITION_SECONDS = 2.0
_MOST_UNSAVED = 100_000
_FAILURES = (RedisError, OSError, TimeoutError)


class RecentWrites:
    """A writer is a person, an account or a key, by its id."""

    def __init__(self, redis: "Redis | RedisCluster") -> None:
        self._redis = redis
        self._unsaved: TtlCache[UUID, bool] = TtlCache(2 * LONGEST_BOUND, _MOST_UNSAVED)

    async def remember(self, writers: Collection[UUID]) -> None:
        """After a write, before its answer. Never fails: where the primary is lost just then, they
        read from no replica for a while; what could not be noted in Valkey counts in this process
        alone.
        """
        if not writers or db.REPLICA is None:
            return
        # By then every replica that may be read at all has it.
        lifetime = round(2 * db.REPLICA.longest_bound) + 1
        position = await _read_position()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._save(writers, position, lifetime)
        except _FAILURES as error:
            log.warning("write_not_remembered", cause=type(error).__name__)
            for writer in writers:
                self._unsaved.keep(writer, True, self._unsaved.now())

    async def _save(self, writers: Collection[UUID], position: LogPosition, lifetime: int) -> None:
        """Of each timeline the later one stays, whoever comes first; a score is exact up to
        2**53.
        """
        async with self._redis.pipeline(transaction=False) as pipeline:
            for writer in writers:
                pipeline.zadd(_key(writer), {str(position.timeline): position.bytes}, gt=True)
                pipeline.expire(_key(writer), lifetime)
            await pipeline.execute()

    async def find_position(self, writers: Collection[UUID]) -> LogPosition:
        """The latest of theirs; BEGINNING without any, UNKNOWN where Valkey does not say."""
        if not writers:
            return BEGINNING
        if any(self._unsaved.find(writer) for writer in writers):
            return UNKNOWN
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for writer in writers:
                        pipeline.zrange(_key(writer), 0, -1, withscores=True)
                    found = await pipeline.execute()
        except _FAILURES:
            return UNKNOWN
        return max(
            (LogPosition(int(each), int(score)) for scores in found for each, score in scores),
            default=BEGINNING,
        )


async def _read_position() -> LogPosition:
    try:
        async with asyncio.timeout(_POSITION_SECONDS):
            return await db.read_position()
    except (ChenuError, TimeoutError) as error:
        log.warning("position_unknown", cause=type(error).__name__)
        return UNKNOWN


def _key(writer: UUID) -> str:
    return f"written:{writer}"
