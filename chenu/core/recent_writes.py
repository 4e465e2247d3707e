"""Who has just written something, in Valkey: they read the primary until a replica has it too."""

import asyncio
from uuid import UUID

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.exceptions import RedisError

from chenu.core.replica import LONGEST_LAG_SECONDS

_PATIENCE_SECONDS = 0.1
_REMEMBERED_SECONDS = 2 * round(LONGEST_LAG_SECONDS)


class RecentWrites:
    def __init__(self, redis: "Redis | RedisCluster") -> None:
        self._redis = redis

    async def remember(self, user_id: UUID) -> None:
        """Never fails. What is lost with Valkey makes somebody's list a few seconds old."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._redis.set(_key(user_id), b"1", ex=_REMEMBERED_SECONDS)
        except (RedisError, OSError, TimeoutError):
            return

    async def has_written(self, user_id: UUID) -> bool:
        """True where Valkey does not say."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return bool(await self._redis.exists(_key(user_id)))
        except (RedisError, OSError, TimeoutError):
            return True


def _key(user_id: UUID) -> str:
    return f"wrote:{user_id}"
