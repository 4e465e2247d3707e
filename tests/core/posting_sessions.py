"""Sessions of older code, which book by functions of the database while it is migrated."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

from chenu.core.ids import new_id

_OWNER = """
    WITH made AS (INSERT INTO app_user (id, email, display_name, password_hash, created_at)
        VALUES ($1, $2, 'Zoe', '', now()) RETURNING id)
    INSERT INTO account (id, name, owner, created_at) SELECT $1, 'zoe', id, now() FROM made
"""
_POST = """
    SELECT post_transaction($1, 'TEST', $2, NULL, NULL, now(), now(),
        '{BUYER_PAYMENTS,PLATFORM_REVENUE}', '{NULL,NULL}', '{EUR,EUR}', '{-10,10}')
"""
_GRANT = """
    SELECT grant_tokens($1, $2, 'PACK', NULL, true, 100, NULL, NULL, $3, 'r', now(), now())
"""
_SPEND = """
    SELECT status FROM spend_tokens_batch(ARRAY[$1::uuid], ARRAY[5::bigint], ARRAY[NULL::uuid],
        ARRAY[NULL::uuid], ARRAY['r'], ARRAY[false], ARRAY[$2], ARRAY['spend'],
        ARRAY['\\x00'::bytea], now(), now())
"""
_REVOKE = "SELECT revoke_tokens($1, 10, $2, 'r', true, now(), now())"


class PostingSession:
    """One connection and one account; `times` it has booked of everything."""

    def __init__(self, connection: Any, account_id: UUID) -> None:
        self._connection = connection
        self.account_id = account_id
        self.times = 0

    async def book(self) -> None:
        """A posting, a grant, a spend and a revocation; the first two not twice."""
        key, grant_id = str(new_id()), new_id()
        run = self._connection.fetchval
        assert [await run(_POST, key, self.account_id) for _ in range(2)] == [True, False]
        assert await run(_GRANT, grant_id, self.account_id, key) == grant_id
        assert await run(_SPEND, self.account_id, key) == "DONE"
        taken = [await run(_REVOKE, grant_id, key) for _ in range(2)]
        assert taken == [(10, 0)] * 2
        self.times += 1

    async def book_until(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.book()


@asynccontextmanager
async def open_session(url: str) -> AsyncIterator[PostingSession]:
    connection = await asyncpg.connect(url)
    account_id = new_id()
    await connection.execute(_OWNER, account_id, f"{account_id}@example.com")
    try:
        yield PostingSession(connection, account_id)
    finally:
        await connection.close()
