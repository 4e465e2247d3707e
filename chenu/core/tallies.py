"""Counts in Valkey that many processes add to, until a worker takes them. They may be lost."""

import asyncio
import contextlib
from collections.abc import Mapping

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster

from chenu.core.redis import AWAY

_PATIENCE_SECONDS = 0.1


class Tallies:
    def __init__(self, redis: "Redis | RedisCluster") -> None:
        self._redis = redis
        self.patience_seconds = _PATIENCE_SECONDS

    async def add(self, tally: str, member: str) -> None:
        """One more. Never fails, and never makes anybody wait long."""
        with contextlib.suppress(*AWAY):
            async with asyncio.timeout(self.patience_seconds):
                await self._redis.hincrby(_key(tally), member, 1)

    async def take(self, tally: str) -> dict[str, int]:
        """All counts, which begin at zero again; raises what the client raises."""
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hgetall(_key(tally))
            pipeline.delete(_key(tally))
            taken, _ = await pipeline.execute()
        return {member.decode(): int(count) for member, count in taken.items()}

    async def put_back(self, tally: str, counts: Mapping[str, int]) -> None:
        """What was taken, and could not be stored."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for member, count in counts.items():
                pipeline.hincrby(_key(tally), member, count)
            await pipeline.execute()


def _key(tally: str) -> str:
    return f"tally:{tally}"
