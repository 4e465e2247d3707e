"""What an entitlement check costs, beside the same one-row read by the same pool."""

import asyncio
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable
from itertools import cycle

import asyncpg

from bench.load import CONNECTIONS
from bench.rounds import Ratio
from chenu.accounts.actor import AccountId
from chenu.accounts.entitlements import find_entitlements
from chenu.core import db
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import find_refusal

LEAST = 0.5
_SECONDS = 0.4
_OVERRIDDEN = 3
"""Every third account has an override."""

Read = Callable[[AccountId], Awaitable[object]]


async def compare_checks(url: str, rounds: int) -> Ratio:
    """Checks a second, each with its account's entitlements read anew, over reads a second."""
    accounts = await _list_accounts(url)
    db.configure(url, application="bench")
    await db.start(pool_size=CONNECTIONS)
    try:
        await _rate(_check, accounts)
        each = [await _rate(_check, accounts) / await _rate(_read, accounts) for _ in range(rounds)]
    finally:
        await db.stop()
    return Ratio(min(each), statistics.median(each), max(each))


async def _read(account_id: AccountId) -> None:
    await db.fetch_value("SELECT tier FROM account WHERE id = $1", account_id)


async def _check(account_id: AccountId) -> None:
    """All that a request reads for any number of checks, and one of them."""
    entitlements = await find_entitlements(account_id)
    assert entitlements is not None
    find_refusal(entitlements, Feature.MARKETPLACE)


async def _list_accounts(url: str) -> list[AccountId]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT id, owner FROM account ORDER BY id")
        await connection.execute("TRUNCATE entitlement_override")
        await connection.executemany(
            """
            INSERT INTO entitlement_override (id, account, feature, enabled, reason, set_by, set_at)
            VALUES ($1, $2, 'SSO', true, 'Bench.', $3, now())
            """,
            [(uuid.uuid4(), row["id"], row["owner"]) for row in rows[::_OVERRIDDEN]],
        )
        await connection.execute("VACUUM ANALYZE account, entitlement_override")
    finally:
        await connection.close()
    return [AccountId(row["id"]) for row in rows]


async def _rate(read: Read, accounts: list[AccountId]) -> float:
    """As many concurrent calls as the load generator has connections."""
    counts = [0] * CONNECTIONS
    started = time.perf_counter()
    end = started + _SECONDS

    async def ask_until_the_end(place: int) -> None:
        for account_id in cycle(accounts[place::CONNECTIONS] or accounts):
            if time.perf_counter() >= end:
                return
            await read(account_id)
            counts[place] += 1

    await asyncio.gather(*(ask_until_the_end(place) for place in range(CONNECTIONS)))
    return sum(counts) / (time.perf_counter() - started)
