"""What another site's page has posted, in Valkey until the browser's next request fetches it.

That request is ours and brings cookies, which a post from elsewhere does not (SameSite=Lax).
"""

import asyncio

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster

from chenu.core.errors import Unavailable
from chenu.core.i18n import mark
from chenu.core.redis import AWAY

LIFE_SECONDS = 120
_PATIENCE_SECONDS = 2.0
_AWAY = mark("This sign-in cannot go on at the moment: please begin it again in a minute")


class PostedAnswers:
    """By a name that whoever posts must know; each is had once."""

    def __init__(self, redis: "Redis | RedisCluster") -> None:
        self._redis = redis

    async def put(self, name: str, text: str) -> None:
        """Raises Unavailable."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._redis.set(_key(name), text.encode(), ex=LIFE_SECONDS)
        except AWAY:
            raise Unavailable(_AWAY) from None

    async def take(self, name: str) -> str:
        """Empty for none. Raises Unavailable."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                found = await self._redis.getdel(_key(name))
        except AWAY:
            raise Unavailable(_AWAY) from None
        return found.decode() if isinstance(found, bytes) else str(found or "")


def _key(name: str) -> str:
    return f"posted:{name}"
