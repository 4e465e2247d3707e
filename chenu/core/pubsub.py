"""Live events over Valkey. They may be lost, so listeners ask the database as well."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextvars import ContextVar

from redis.asyncio import Redis
from redis.asyncio.client import PubSub as RedisPubSub
from redis.asyncio.cluster import RedisCluster

from chenu.core.posted_answers import PostedAnswers
from chenu.core.recent_writes import RecentWrites
from chenu.core.redis import AWAY
from chenu.core.tallies import Tallies

_POLL_SECONDS = 2.0
_PATIENCE_SECONDS = 0.5
_BURST = 1_000
"""Events that were waiting already and are reported as one."""


class PubSub:
    """`publish` never fails; `changes` yields on each event and every two seconds.

    `redis` may be one node of a cluster, whose nodes hand events on to each other; `counting` is
    then the cluster.
    """

    def __init__(self, redis: "Redis", counting: "Redis | RedisCluster | None" = None) -> None:
        self._redis = redis
        self.tallies = Tallies(counting or redis)
        self.recent_writes = RecentWrites(counting or redis)
        self.posted_answers = PostedAnswers(counting or redis)

    async def publish(self, *channels: str) -> None:
        """To all of them in one round trip."""
        pipeline = self._redis.pipeline(transaction=False)
        for channel in channels:
            pipeline.publish(channel, b"1")
        with contextlib.suppress(*AWAY):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await pipeline.execute()

    async def changes(self, channel: str) -> AsyncGenerator[None, None]:
        """Yields at once, on each event, and at least every two seconds: each time, look again.

        Close it when done: this ends the subscription at once.
        """
        yield
        try:
            async with contextlib.aclosing(self._listen(channel)) as events:
                async for _ in events:
                    yield
        except AWAY:
            while True:  # without Valkey, poll regularly
                await asyncio.sleep(_POLL_SECONDS)
                yield

    async def _listen(self, channel: str) -> AsyncGenerator[None, None]:
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(channel)
            yield
            while True:
                await pubsub.get_message(ignore_subscribe_messages=True, timeout=_POLL_SECONDS)
                await _skip_waiting(pubsub)
                yield


async def _skip_waiting(pubsub: RedisPubSub) -> None:
    """Whoever looks again sees what all of these events are about."""
    for _ in range(_BURST):
        if await pubsub.get_message(ignore_subscribe_messages=True, timeout=0) is None:
            return


def purchase_channel(purchase_id: object) -> str:
    return f"purchase:{purchase_id}"


def wallet_channel(account_id: object) -> str:
    return f"wallet:{account_id}"


async def publish_wallet(pubsub: PubSub, account_id: object) -> None:
    """After the commit of whatever changed the account's tokens: grants, holds, spends, debts."""
    await pubsub.publish(wallet_channel(account_id))


_changed_wallets: ContextVar[set[object] | None] = ContextVar("_changed_wallets", default=None)


def record_wallet_change(account_id: object) -> None:
    """In the transaction that changes the account's tokens: see publishing_wallets."""
    changed = _changed_wallets.get()
    if changed is not None:
        changed.add(account_id)


@contextlib.asynccontextmanager
async def publishing_wallets(pubsub: PubSub) -> AsyncIterator[None]:
    """Around transactions: publishes afterwards whose tokens were changed in them.

    Whatever was rolled back is published as well, because listeners look again and see no change.
    """
    changed: set[object] = set()
    token = _changed_wallets.set(changed)
    try:
        yield
    finally:
        _changed_wallets.reset(token)
        if changed:
            await pubsub.publish(*(wallet_channel(account_id) for account_id in changed))
