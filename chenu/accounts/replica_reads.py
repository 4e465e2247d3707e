"""What a caller may read from the replica, and what of it they have to find: their own writes."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from uuid import UUID

from chenu.accounts.actor import Actor, ActorKind
from chenu.core import db
from chenu.core.recent_writes import RecentWrites
from chenu.core.staleness import ReadKind, StaleRead, stale_reads


def writers_of(actor: Actor) -> tuple[UUID, ...]:
    """Who has written when this caller has: the person, the account acted for, a service key.

    Each of them sees it at once, whichever of their sessions and keys they come with.
    """
    ids: tuple[UUID | None, ...] = (actor.user_id, actor.account_id)
    if actor.kind is ActorKind.SERVICE_KEY:
        ids = (*ids, actor.key_id)
    return tuple(found for found in ids if found is not None)


async def make_stale_read(actor: Actor, writes: RecentWrites, kind: ReadKind) -> StaleRead:
    return StaleRead(kind, after=await writes.find_position(writers_of(actor)))


@asynccontextmanager
async def replica_reads(
    actor: Actor, writes: RecentWrites, kind: ReadKind = ReadKind.PAGES
) -> AsyncIterator[None]:
    """Around what shows lists and figures, and decides about nothing.

    The block reads the replica where there is one that is as recent as its kind and this caller
    need.
    """
    if db.REPLICA is None:
        yield
        return
    with stale_reads(await make_stale_read(actor, writes, kind)):
        yield


def visitor_reads(actor: Actor) -> AbstractContextManager[None]:
    """The same for anonymous visitors alone."""
    if db.REPLICA is None or actor.kind is not ActorKind.ANONYMOUS:
        return nullcontext()
    return stale_reads(StaleRead(ReadKind.PAGES))
