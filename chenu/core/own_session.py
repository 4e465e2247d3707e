"""A session of the database that is one's own for a while, also where a pooler shares them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from chenu.core import db
from chenu.core.db_errors import LOST_IS_UNAVAILABLE

_CLOSE_SECONDS = 2


@asynccontextmanager
async def own_session() -> AsyncIterator[Any]:
    """A connection whose session nobody else has before the end, for locks that a session holds.

    Behind a pooler a connection past it is made. Raises Unavailable.
    """
    if db.DIRECT is None:
        async with db.connection() as leased:
            yield leased
        return
    with LOST_IS_UNAVAILABLE:
        opened = await asyncpg.connect(**db.DIRECT)
        try:
            yield opened
        finally:
            await opened.close(timeout=_CLOSE_SECONDS)
