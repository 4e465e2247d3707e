"""Which callers may read the replica: anonymous visitors, and people who have not just written."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext

from chenu.accounts.actor import Actor, ActorKind
from chenu.core import db
from chenu.core.recent_writes import RecentWrites


@asynccontextmanager
async def replica_reads(actor: Actor, writes: RecentWrites) -> AsyncIterator[None]:
    """Around what shows lists and figures, and decides about nothing.

    The block reads the replica where there is one and this caller may; programs with a key do not.
    """
    if db.REPLICA is not None and await _may_read(actor, writes):
        with db.on_replica():
            yield
    else:
        yield


def visitor_reads(actor: Actor) -> AbstractContextManager[None]:
    """The same for anonymous visitors alone."""
    return db.on_replica() if actor.kind is ActorKind.ANONYMOUS else nullcontext()


async def _may_read(actor: Actor, writes: RecentWrites) -> bool:
    if actor.kind is ActorKind.ANONYMOUS:
        return True
    if actor.session_id is None or actor.user_id is None:
        return False
    return not await writes.has_written(actor.user_id)
