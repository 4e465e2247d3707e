"""What one operation reads that may be old, but not older than what its caller wrote."""

import math
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from chenu.accounts.actor import Actor
from chenu.accounts.replica_reads import make_stale_read
from chenu.core.recent_writes import RecentWrites
from chenu.core.staleness import ReadKind, StaleRead, stale_reads

Params = ParamSpec("Params")
Result = TypeVar("Result")


class StaleReads:
    """`run` reads by the replica what it may; the caller's writes are looked up once."""

    def __init__(self, actor: Actor, writes: RecentWrites) -> None:
        self._actor = actor
        self._writes = writes
        self._known: dict[ReadKind, StaleRead] = {}

    async def run(
        self,
        kind: ReadKind,
        read: Callable[Params, Awaitable[Result]],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        stale_read = self._known.get(kind)
        if stale_read is None:
            stale_read = await make_stale_read(self._actor, self._writes, kind)
            # of several that ask at once the first one's, so that `as_of` is of all of them
            stale_read = self._known.setdefault(kind, stale_read)
        with stale_reads(stale_read):
            return await read(*args, **kwargs)

    @property
    def as_of(self) -> float:
        """The monotonic time of the oldest answer; infinite where the primary gave all."""
        return min((read.as_of for read in self._known.values()), default=math.inf)
