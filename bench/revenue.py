"""Movements of MRR at size: reading the sums, making them anew, and one event more.

Its database is filled by SQL: each subscription has 12 changes of MRR in 24 months.
"""

import asyncio
import shutil
import statistics
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from bench.rounds import Ratio
from bench.stand import FOLDER
from chenu.accounts.actor import AccountId
from chenu.analytics.movements import record_movement
from chenu.analytics.rollup import get_mrr_on, list_cohorts, list_month_movements
from chenu.billing.mrr import RecurringFacts, RecurringKind
from chenu.billing.recurring import BillingInterval
from chenu.billing.recurring_states import record_state
from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.migrations import apply_migrations
from chenu.core.money import Cents
from chenu.core.months import Month
from chenu.demo.engines import start_postgres

SUBSCRIPTIONS, CHANGES = 1_000_000, 12
MOST_READ, MOST_REBUILD, MOST_EVENT = 3.0, 0.3, 1.5
_FIRST, _LAST = Month(2025, 1), Month(2026, 12)
_READS, _EVENTS, _ACCOUNTS = 200, 400, 50

_FILL = """
    INSERT INTO recurring_state (account, source, kind, item, status, status_before, gives_access,
        billing_interval, price, mrr, mrr_gross, mrr_before, mrr_gross_before, changed_at)
    SELECT lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n), 32, '1')::uuid, 'TIER', 'PRO', 'ACTIVE',
        CASE WHEN k > 1 THEN 'ACTIVE' END, true, 'MONTH', now.mrr, now.mrr, now.mrr, last.mrr,
        last.mrr, '2025-01-01Z'::timestamptz + make_interval(days => (k - 1) * 60,
            secs => hashint8(n * 31 + k) & 4194303)
    FROM generate_series(1, $1) n
    CROSS JOIN LATERAL (SELECT (ARRAY[0, 900, 2900, 9900, 2417])
        [1 + (n * 7 + $2::int * (1 + n % 4)) % 5] AS mrr) now
    CROSS JOIN LATERAL (SELECT CASE WHEN $2 = 1 THEN 0 ELSE (ARRAY[0, 900, 2900, 9900, 2417])
        [1 + (n * 7 + ($2 - 1) * (1 + n % 4)) % 5] END AS mrr) last
    CROSS JOIN (SELECT $2::int AS k) k
"""
_OWNER_ID = uuid.UUID(int=1)
_OWNER = """
    INSERT INTO app_user (id, email, display_name, password_hash, locale, created_at)
    VALUES ($1, 'bench@bench.example', 'Bench', '-', 'fr', now())
"""
_OWNED = """
    INSERT INTO account (id, name, kind, owner, tier, created_at)
    SELECT lpad(to_hex(n), 32, '0')::uuid, 'Bench', 'ORGANISATION', $1, 'PRO', now()
    FROM generate_series(1, $2) n
"""
_BY_WINDOWS = """
    SELECT utc_month(moved_at), kind, sum(mrr_after - mrr_before), count(*)
    FROM mrr_movement_truth GROUP BY 1, 2
"""
_SUMS_AGAIN = (
    "DELETE FROM revenue_day",
    "INSERT INTO revenue_day SELECT * FROM revenue_day_truth",
    "DELETE FROM revenue_cohort",
    """INSERT INTO revenue_cohort (cohort, month, mrr_change, customer_change)
        SELECT cohort, month, mrr_change, customer_change FROM revenue_cohort_truth""",
)


@dataclass(frozen=True)
class RevenueRatios:
    """`reads` by query, over a read of the same rows; `rebuild` of the sums, and `movements` of
    these as well, over window functions; `event` with the sums over the same without.
    """

    movements: int
    reads: dict[str, Ratio]
    rebuild: Ratio
    whole: float
    event: Ratio
    seconds: dict[str, float]


async def compare_revenue(url: str, subscriptions: int, rounds: int) -> RevenueRatios:
    seconds = await _fill(url, subscriptions)
    db.configure(url, application="bench", role=None)
    await db.start(pool_size=4)
    try:
        reads = await _compare_reads(rounds)
        rebuild, windows = await _compare_rebuild(url, min(rounds, 3))
        event = await _compare_event(url, rounds)
        movements = await db.fetch_value("SELECT count(*) FROM mrr_movement")
    finally:
        await db.stop()
    whole = seconds["rebuild of everything"] / windows
    seconds["by window functions"] = windows
    return RevenueRatios(movements, reads, rebuild, whole, event, seconds)


async def _fill(url: str, subscriptions: int) -> dict[str, float]:
    """The history, then everything that is derived from it."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(_OWNER, _OWNER_ID)
        await connection.execute(_OWNED, _OWNER_ID, subscriptions)
        for change in range(1, CHANGES + 1):
            print(f"filling, change {change} of {CHANGES}", end="\r", file=sys.stderr)
            await connection.execute(_FILL, subscriptions, change)
        await connection.execute("SET session_replication_role = origin")
        await connection.execute("VACUUM ANALYZE recurring_state")
        started = time.perf_counter()
        await connection.execute("SELECT rebuild_revenue()")
        taken = time.perf_counter() - started
        for table in ("mrr_movement", "revenue_day", "revenue_cohort"):
            await connection.execute(f"VACUUM ANALYZE {table}")
    finally:
        await connection.close()
    return {"rebuild of everything": taken}


async def _compare_reads(rounds: int) -> dict[str, Ratio]:
    days = "SELECT * FROM revenue_day WHERE day <= $1"
    cohorts = "SELECT * FROM revenue_cohort WHERE cohort >= $1 AND month <= $2"
    end = _LAST.last_day
    queries: dict[str, tuple[Callable[[], Awaitable[Any]], Callable[[], Awaitable[Any]]]] = {
        "movements of 24 months": (
            lambda: list_month_movements(_FIRST, _LAST),
            lambda: db.fetch_records(days, end),
        ),
        "MRR of a day": (lambda: get_mrr_on(end), lambda: db.fetch_records(days, end)),
        "24 cohorts": (
            lambda: list_cohorts(_LAST, 24),
            lambda: db.fetch_records(cohorts, _FIRST.first_day, end),
        ),
    }
    return {
        name: _ratio([(await _time(ours), await _time(plain)) for _ in range(rounds)])
        for name, (ours, plain) in queries.items()
    }


async def _time(query: Callable[[], Awaitable[Any]]) -> float:
    started = time.perf_counter()
    for _ in range(_READS):
        await query()
    return time.perf_counter() - started


def _ratio(pairs: list[tuple[float, float]]) -> Ratio:
    each = [ours / theirs for ours, theirs in pairs]
    return Ratio(min(each), statistics.median(each), max(each))


async def _compare_rebuild(url: str, rounds: int) -> tuple[Ratio, float]:
    """The sums made anew from the movements, over the months' by windows over the history."""
    connection = await asyncpg.connect(url)
    pairs = []
    try:
        for _ in range(rounds):
            started = time.perf_counter()
            await connection.fetch(_BY_WINDOWS)
            windows = time.perf_counter() - started
            started = time.perf_counter()
            async with connection.transaction():
                for sql in _SUMS_AGAIN:
                    await connection.execute(sql)
            pairs.append((time.perf_counter() - started, windows))
    finally:
        await connection.close()
    return _ratio(pairs), statistics.median(windows for _, windows in pairs)


async def _compare_event(url: str, rounds: int) -> Ratio:
    """A subscription's new state and its movement in one transaction: with the sums and without."""
    owner = await asyncpg.connect(url)
    pairs = []
    try:
        await _record_events()
        for _ in range(rounds):
            with_sums = await _record_events()
            await owner.execute("ALTER TABLE mrr_movement DISABLE TRIGGER mrr_movement_adds_up")
            without = await _record_events()
            await owner.execute("ALTER TABLE mrr_movement ENABLE TRIGGER mrr_movement_adds_up")
            pairs.append((with_sums, without))
    finally:
        await owner.close()
    return _ratio(pairs)


async def _record_events() -> float:
    started = time.perf_counter()
    for number in range(_EVENTS):
        account = AccountId(uuid.UUID(int=number % _ACCOUNTS + 1))
        facts = RecurringFacts(
            *(RecurringKind.TIER, "PRO", "ACTIVE", True),
            *(BillingInterval.MONTH, Cents(2900)),
        )
        async with db.transaction():
            await record_state(account, new_id(), facts)
            await record_movement(account)
    return time.perf_counter() - started


def describe_revenue(found: RevenueRatios, subscriptions: int) -> str:
    lines = [
        f"{subscriptions:,} subscriptions, {found.movements:,} movements in 24 months;"
        f" by window functions over the history {found.seconds['by window functions']:.1f} s",
        "",
        "| what | ratio: median | least | most | goal |",
        "|---|---|---|---|---|",
    ]
    rows = [
        *(
            (f"{name}, over a read of the same rows", ratio, MOST_READ)
            for name, ratio in found.reads.items()
        ),
        ("the sums anew, over window functions over the history", found.rebuild, MOST_REBUILD),
        ("an event with the sums, over the same without", found.event, MOST_EVENT),
    ]
    for what, ratio, most in rows:
        verdict = "met" if ratio.median <= most else "NOT met"
        lines.append(
            f"| {what} | {ratio.median:.2f} | {ratio.least:.2f} | {ratio.most:.2f}"
            f" | {most} {verdict} |"
        )
    lines += ["", f"Movements and sums anew, and every row written: {found.whole:.2f}."]
    return "\n".join(lines)


@contextmanager
def open_revenue_stand() -> Iterator[str]:
    """The URL of an empty database with the current schema, on a server of its own."""
    data = FOLDER / "revenue"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    postgres, url = start_postgres(data)
    try:
        asyncio.run(_make_database(url))
        yield f"{url}/revenue"
    finally:
        postgres.ask_to_stop()
        postgres.wait_stopped(10)
        shutil.rmtree(data, ignore_errors=True)


async def _make_database(url: str) -> None:
    connection = await asyncpg.connect(f"{url}/postgres")
    await connection.execute("CREATE DATABASE revenue")
    await connection.close()
    await apply_migrations(f"{url}/revenue")
