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
from chenu.core.staleness import LONGEST_BOUND

log = structlog.get_logger(__name__)

UNKNOWN = 2**63 - 1
"""No replica has replayed so much."""

_PATIENCE_SECONDS = 0.1
_POSITION_SECONDS = 2.0
_MOST_UNSAVED = 100_000
_MEMBER = b"position"
_FAILURES = (RedisError, OSError, TimeoutError)


class RecentWrites:
    """A writer is a person, an account or a key, by its id."""

    def __init__(self, redis: "Redis | RedisCluster") -> None:
        self._redis = redis
        self._unsaved: TtlCache[UUID, bool] = TtlCache(2 * LONGEST_BOUND, _MOST_UNSAVED)

    async def remember(self, writers: Collection[UUID]) -> None:
        """After a write, before its answer. Never fails: what could not be noted in Valkey counts
        in this process alone.
        """
        if not writers or db.REPLICA is None:
            return
        # By then every replica that may be read at all has it.
        lifetime = round(2 * db.REPLICA.longest_bound) + 1
        try:
            async with asyncio.timeout(_POSITION_SECONDS):
                position = await db.read_position()
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._save(writers, position, lifetime)
        except (*_FAILURES, ChenuError) as error:
            log.warning("write_not_remembered", cause=type(error).__name__)
            for writer in writers:
                self._unsaved.keep(writer, True, self._unsaved.now())

    async def _save(self, writers: Collection[UUID], position: int, lifetime: int) -> None:
        """The later one stays, whoever comes first; a score is exact up to 2**53."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for writer in writers:
                pipeline.zadd(_key(writer), {_MEMBER: position}, gt=True)
                pipeline.expire(_key(writer), lifetime)
            await pipeline.execute()

    async def find_position(self, writers: Collection[UUID]) -> int:
        """The latest of theirs; 0 without any, UNKNOWN where Valkey does not say."""
        if not writers:
            return 0
        if any(self._unsaved.find(writer) for writer in writers):
            return UNKNOWN
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for writer in writers:
                        pipeline.zscore(_key(writer), _MEMBER)
                    found = await pipeline.execute()
        except _FAILURES:
            return UNKNOWN
        return max((int(score) for score in found if score is not None), default=0)


def _key(writer: UUID) -> str:
    return f"wrote:{writer}"
