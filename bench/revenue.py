"""Movements of MRR at size: reading and checking them, making the sums anew, and one event more."""

import statistics
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.rounds import Ratio
from chenu.accounts.actor import AccountId
from chenu.analytics.movements import record_movement
from chenu.analytics.rebuild import rebuild_revenue
from chenu.analytics.rollup import get_mrr_on, list_cohorts, list_month_movements
from chenu.billing.mrr import RecurringFacts, RecurringKind
from chenu.billing.recurring import BillingInterval
from chenu.billing.recurring_states import record_state
from chenu.core import db
from chenu.core.ids import new_id
from chenu.core.long_statements import LongStatements, long_statements
from chenu.core.money import Cents
from chenu.core.months import Month
from chenu.flows.revenue_invariants import REVENUE
from chenu.ledger.invariants import Invariant, check

SUBSCRIPTIONS = 1_000_000
MOST_READ, MOST_REBUILD, MOST_EVENT = 3.0, 0.3, 1.5
_FIRST, _LAST = Month(2025, 1), Month(2026, 12)
_READS, _EVENTS, _ACCOUNTS = 200, 400, 50

_BY_WINDOWS = """
    SELECT utc_month(moved_at), kind, sum(mrr_after - mrr_before), count(*)
    FROM mrr_movement_truth GROUP BY 1, 2
"""


@dataclass(frozen=True)
class RevenueRatios:
    """`reads` by query, over a read of the same rows; `rebuild` of the sums over window functions
    over the history; `event` with the sums over the same without. `seconds` of everything else.
    """

    movements: int
    reads: dict[str, Ratio]
    rebuild: Ratio
    event: Ratio
    seconds: dict[str, float]


async def compare_revenue(url: str, rounds: int) -> RevenueRatios:
    db.configure(url, application="bench", role=None)
    await db.start(pool_size=4)
    try:
        movements = await db.fetch_value("SELECT count(*) FROM mrr_movement")
        reads = await _compare_reads(rounds)
        async with long_statements() as statements:
            rebuild, windows = await _compare_rebuild(statements, min(rounds, 3))
        seconds = {"Movements by window functions over the history": windows}
        seconds["`chenu analytics rebuild --write`"] = await _time(_rebuild_all)
        for each in REVENUE:
            seconds[f"check {each.name}"] = await _time(partial(_check, each))
        event = await _compare_event(rounds)
    finally:
        await db.stop()
    return RevenueRatios(movements, reads, rebuild, event, seconds)


async def _rebuild_all() -> None:
    """What is filled follows from the history: every row is compared, none is written."""
    found = await rebuild_revenue()
    if not found.agrees:
        raise AssertionError(found.named)


async def _check(invariant: Invariant) -> None:
    found = await check(invariant)
    if not found.ok:
        raise AssertionError(found)


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
        name: _ratio([await _alternate(ours, plain) for _ in range(rounds)])
        for name, (ours, plain) in queries.items()
    }


async def _alternate(
    ours: Callable[[], Awaitable[Any]], theirs: Callable[[], Awaitable[Any]]
) -> tuple[float, float]:
    """In turn, so that other processes of a busy machine delay both alike."""
    pairs = [(await _time(ours), await _time(theirs)) for _ in range(_READS)]
    return statistics.median(ours for ours, _ in pairs), statistics.median(x for _, x in pairs)


async def _time(work: Callable[[], Awaitable[Any]]) -> float:
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started


def _ratio(pairs: list[tuple[float, float]]) -> Ratio:
    each = [ours / theirs for ours, theirs in pairs]
    return Ratio(min(each), statistics.median(each), max(each))


async def _compare_rebuild(statements: LongStatements, rounds: int) -> tuple[Ratio, float]:
    """The sums made anew from the movements, over the months' by windows over the history."""
    pairs = []
    for _ in range(rounds):
        windows = await _time(lambda: statements.fetch_records(_BY_WINDOWS))
        pairs.append((await _time(lambda: statements.execute("SELECT rebuild_sums()")), windows))
    return _ratio(pairs), statistics.median(windows for _, windows in pairs)


async def _compare_event(rounds: int) -> Ratio:
    """A subscription's new state and its movement in one transaction: with the sums and without."""
    pairs = []
    await _record_events()
    for _ in range(rounds):
        with_sums = await _time(_record_events)
        await db.execute("ALTER TABLE mrr_movement DISABLE TRIGGER mrr_movement_adds_up")
        without = await _time(_record_events)
        await db.execute("ALTER TABLE mrr_movement ENABLE TRIGGER mrr_movement_adds_up")
        pairs.append((with_sums, without))
    return _ratio(pairs)


async def _record_events() -> None:
    for number in range(_EVENTS):
        account = AccountId(uuid.UUID(int=number % _ACCOUNTS + 1))
        facts = RecurringFacts(
            *(RecurringKind.TIER, "PRO", "ACTIVE", True),
            *(BillingInterval.MONTH, Cents(2900)),
        )
        async with db.transaction():
            await record_state(account, new_id(), facts)
            await record_movement(account)


def describe_revenue(found: RevenueRatios, subscriptions: int) -> str:
    lines = [
        f"{subscriptions:,} subscriptions, {found.movements:,} movements in 24 months.",
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
    lines.append("")
    lines += [f"{what}: {seconds:.1f} s" for what, seconds in found.seconds.items()]
    return "\n".join(lines)
