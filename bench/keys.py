"""How long a key takes to be refused: one that was never made beside a revoked one, a mistyped
one, and one that works. Attack A17.
"""

import random
import statistics
import time
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from bench.rounds import Ratio
from chenu.accounts.api_keys import find_key_actor
from chenu.accounts.credentials import API_KEY_HEAD, hash_key, new_key
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.ids import new_id

TRIES = 2_000
"""Of each key in all rounds, in an order that chance mixes."""
_WARM_UP = 200
_PEPPER = b"a pepper of the bench, long enough to be one"
UNKNOWN, REVOKED, MISTYPED, WORKING = "unknown", "revoked", "mistyped", "working"


@dataclass(frozen=True)
class KeyRatios:
    """Median times of a round over each other; `unknown` over `revoked` is 1 but for noise."""

    unknown: Ratio
    mistyped: Ratio
    working: Ratio


async def compare_keys(url: str, rounds: int) -> KeyRatios:
    secrets = await _make_keys(url)
    db.configure(url, application="bench")
    await db.start(pool_size=2)
    try:
        await _time_all(secrets, _WARM_UP)
        each = [await _time_all(secrets, TRIES // rounds) for _ in range(rounds)]
    finally:
        await db.stop()
    return KeyRatios(
        _ratio(each, UNKNOWN, REVOKED),
        _ratio(each, MISTYPED, UNKNOWN),
        _ratio(each, WORKING, UNKNOWN),
    )


def _ratio(each: list[dict[str, float]], key: str, base: str) -> Ratio:
    ratios = [times[key] / times[base] for times in each]
    return Ratio(min(ratios), statistics.median(ratios), max(ratios))


async def _time_all(secrets: dict[str, str], tries: int) -> dict[str, float]:
    """The median seconds of each key; chance decides which comes next."""
    order = [name for name in secrets for _ in range(tries)]
    random.shuffle(order)
    times: dict[str, list[float]] = {name: [] for name in secrets}
    for name in order:
        began = time.perf_counter()
        actor = await find_key_actor(secrets[name], _PEPPER, "")
        times[name].append(time.perf_counter() - began)
        assert (actor is not None) == (name == WORKING)
    return {name: statistics.median(found) for name, found in times.items()}


async def _make_keys(url: str) -> dict[str, str]:
    """Two of one account are stored: one that works and one that was revoked."""
    secrets = {name: new_key(API_KEY_HEAD).secret for name in (UNKNOWN, REVOKED, WORKING)}
    connection = await asyncpg.connect(url)
    try:
        owner = await connection.fetchrow("SELECT id, owner FROM account ORDER BY id LIMIT 1")
        assert owner is not None
        await _join(connection, owner["id"], owner["owner"])
        for name in (REVOKED, WORKING):
            row = (new_id(), owner["id"], owner["owner"], hash_key(secrets[name], _PEPPER))
            await connection.execute(_INSERT, *row, system_now() if name == REVOKED else None)
    finally:
        await connection.close()
    known = secrets[WORKING]
    return {**secrets, MISTYPED: known[:-1] + ("a" if known[-1] != "a" else "b")}


_INSERT = """
    INSERT INTO api_key (id, account, created_by, name, prefix, secret_hash, scopes,
        documents_only, created_at, revoked_at)
    VALUES ($1, $2, $3, 'bench', 'chenu_live_', $4, '{READ}', false, now(), $5)
"""


async def _join(connection: asyncpg.Connection, account: UUID, person: UUID) -> None:
    sql = """
        INSERT INTO membership (id, account, member, role)
        SELECT $1, $2, $3, 'OWNER'
        WHERE NOT EXISTS (SELECT 1 FROM membership WHERE account = $2 AND member = $3)
    """
    await connection.execute(sql, new_id(), account, person)
