"""Until which position of the log somebody has written, in Valkey: until a replica has that too,
they read the primary.
"""

import asyncio
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster

from chenu.core import db
from chenu.core.caches import TtlCache
from chenu.core.clock import system_now
from chenu.core.errors import ChenuError
from chenu.core.log_position import BEGINNING, UNKNOWN, LogPosition
from chenu.core.redis import AWAY
from chenu.core.replica import Replica
from chenu.core.staleness import LONGEST_BOUND

log = structlog.get_logger(__name__)

_PATIENCE_SECONDS = 0.1
_POSITION_SECONDS = 2.0
_COPY_MS = 20
_MOST_UNSAVED = 100_000
GROUPS = tuple(f"written:{{{number}}}" for number in range(16))


class RecentWrites:
    """A writer is a person, an account or a key, by its id."""

    def __init__(self, redis: "Redis | RedisCluster") -> None:
        self._redis = redis
        self.patience_seconds = _PATIENCE_SECONDS
        self._unsaved: TtlCache[UUID, bool] = TtlCache(2 * LONGEST_BOUND, _MOST_UNSAVED)

    async def remember(self, writers: Collection[UUID]) -> None:
        """After a write, before its answer. Never fails: where the primary is lost just then, they
        read from no replica for a while; what could not be noted in Valkey, in a cluster at a node
        and its copy, counts in this process alone.
        """
        if not writers or db.REPLICA is None:
            return
        position = await _read_position()
        try:
            async with asyncio.timeout(self.patience_seconds):
                await self._save(writers, position, _lifetime(db.REPLICA))
        except (*AWAY, _OnOneNode) as error:
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
            waits = await self._wait_for_copies(pipeline, writers)
            answers = await pipeline.execute()
        if not all(answers[len(answers) - waits :]):
            raise _OnOneNode

    async def _wait_for_copies(self, pipeline: Any, writers: Collection[UUID]) -> int:
        """How many answers that is: a node that dies is replaced by its copy."""
        if not isinstance(self._redis, RedisCluster):
            return 0
        await self._redis.initialize()
        nodes = {self._redis.get_node_from_key(_key(writer)) for writer in writers}
        for node in nodes:
            pipeline.execute_command("WAIT", 1, _COPY_MS, target_nodes=node)
        return len(nodes)

    async def find_position(self, writers: Collection[UUID]) -> LogPosition:
        """The latest of theirs; BEGINNING without any, UNKNOWN where Valkey does not say or has
        forgotten everything lately.
        """
        if not writers or db.REPLICA is None:
            return BEGINNING
        if any(self._unsaved.find(writer) for writer in writers):
            return UNKNOWN
        try:
            async with asyncio.timeout(self.patience_seconds):
                return await self._find(writers, system_now().timestamp() - _lifetime(db.REPLICA))
        except AWAY:
            return UNKNOWN

    async def _find(self, writers: Collection[UUID], oldest: float) -> LogPosition:
        """`oldest`: what was noted before is of no account any more."""
        groups = {_group(writer) for writer in writers}
        async with self._redis.pipeline(transaction=False) as pipeline:
            for group in groups:
                pipeline.get(group)
            for writer in writers:
                pipeline.zrange(_key(writer), 0, -1, withscores=True)
            found = await pipeline.execute()
        began = dict(zip(groups, found, strict=False))
        if not all(each is not None and int(each) <= oldest for each in began.values()):
            await self._begin(group for group in groups if began[group] is None)
            return UNKNOWN
        return max(
            (
                LogPosition(int(timeline), int(score))
                for scores in found[len(groups) :]
                for timeline, score in scores
            ),
            default=BEGINNING,
        )

    async def _begin(self, groups: Iterable[str]) -> None:
        now = int(system_now().timestamp()) + 1
        for group in groups:
            await self._redis.set(group, now, nx=True)


class _OnOneNode(Exception):
    """Noted by one node of a cluster, whose copy did not say in time that it has it."""


def _lifetime(replica: Replica) -> int:
    """By then, in seconds, every replica that may be read at all has what was written."""
    return round(2 * replica.longest_bound) + 1


async def _read_position() -> LogPosition:
    try:
        async with asyncio.timeout(_POSITION_SECONDS):
            return await db.read_position()
    except (ChenuError, TimeoutError) as error:
        log.warning("position_unknown", cause=type(error).__name__)
        return UNKNOWN


def _key(writer: UUID) -> str:
    return f"{_group(writer)}:{writer}"


def _group(writer: UUID) -> str:
    """The key that says since when (Unix seconds) the node with this writer remembers: the tag
    keeps both on one node, and a node that has lost the one has lost the other.
    """
    return GROUPS[writer.int % len(GROUPS)]
