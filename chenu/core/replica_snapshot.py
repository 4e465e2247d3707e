"""Many statements that read one moment of the replica, such as those of an archive."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from chenu.core import db
from chenu.core.replica import ReplicaFailed
from chenu.core.staleness import StaleRead


class _Snapshot(msgspec.Struct, frozen=True):
    """Stands where a transaction of the primary's stands, so that all statements go to it."""

    connection: Any


@asynccontextmanager
async def replica_snapshot(read: StaleRead) -> AsyncIterator[None]:
    """Meanwhile every statement of this task reads that moment, and none may write.

    Raises ReplicaFailed, also in the midst: the block is to be repeated on the primary.
    """
    if db.REPLICA is None:
        raise ReplicaFailed
    async with db.REPLICA.snapshot(read) as connection:
        stand_in: Any = _Snapshot(connection)
        token = db.ENGINE.current_transaction.set(stand_in)
        try:
            yield
        finally:
            db.ENGINE.current_transaction.reset(token)
