"""A transaction whose COMMIT fails releases its connection."""

import asyncio

import asyncpg
import pytest

from chenu.core import db
from chenu.flows.services import Services


async def test_a_commit_that_fails_releases_its_connection(services: Services) -> None:
    for _ in range(2 * db.POOL_SIZE):
        with pytest.raises(asyncpg.UniqueViolationError):
            await _fail_at_commit()
        assert not db.in_transaction()

    async with asyncio.timeout(10):
        assert await db.fetch_value("SELECT 1") == 1


async def _fail_at_commit() -> None:
    async with asyncio.timeout(10), db.transaction():
        await db.execute(
            "CREATE TEMP TABLE twin (id int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP"
        )
        await db.execute("INSERT INTO twin VALUES (1), (1)")
