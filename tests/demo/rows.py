"""What a running demo's database holds."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import asyncpg

from tests.demo.running import RunningDemo

Result = TypeVar("Result")

_TIERS = """
    SELECT split_part(u.email, '@', 1), a.tier FROM account a JOIN app_user u ON u.id = a.owner
"""
_PAID_INVOICES = """
    SELECT split_part(u.email, '@', 1), count(*) FROM invoice i JOIN account a ON a.id = i.account
    JOIN app_user u ON u.id = a.owner WHERE i.status = 'PAID' AND i.total > 0
        AND i.stripe_subscription_id IS NOT NULL GROUP BY 1
"""
_BUSINESS_NOW = "SELECT now() + offset_seconds * interval '1 second' FROM business_clock"


def ask(demo: RunningDemo, work: Callable[[Any], Awaitable[Result]]) -> Result:
    """What the work reads or writes in the demo's database."""
    env = json.loads((demo.folder / "running.json").read_bytes())["env"]

    async def connected() -> Result:
        connection = await asyncpg.connect(env["DATABASE_URL"])
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(connected())


def rows_of(demo: RunningDemo, sql: str) -> list[tuple[Any, ...]]:
    return ask(demo, lambda connection: _rows(connection, sql))


async def _rows(connection: Any, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await connection.fetch(sql)]


def tiers_of(demo: RunningDemo) -> dict[str, str]:
    """By role."""
    return dict(rows_of(demo, _TIERS))


def paid_invoices_of(demo: RunningDemo) -> dict[str, int]:
    """Of subscriptions, with something to pay; by role."""
    return dict(rows_of(demo, _PAID_INVOICES))


def business_now_of(demo: RunningDemo) -> datetime:
    [(now,)] = rows_of(demo, _BUSINESS_NOW)
    return now  # type: ignore[no-any-return]
