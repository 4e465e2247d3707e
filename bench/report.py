"""The table, on the terminal and in docs/performance.md."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from bench.checks import LEAST as CHECK_LEAST
from bench.keys import KeyRatios
from bench.limiting import limiter_ratios
from bench.peer_environments import TITLES
from bench.pools import LEAST as POOL_LEAST
from bench.pools import PoolRatios
from bench.posting import CLIENTS as POSTING_CLIENTS
from bench.posting import LEAST as POSTING_LEAST
from bench.posting import PostingRates
from bench.rounds import SECONDS, Rates, Ratio, compare
from bench.searching import MOST_MS, SEARCHES, SearchTimes
from bench.signatures import LEAST
from bench.spending import (
    LEAST as SPENDING_LEAST,
)
from bench.spending import (
    LEAST_HOT,
    LEAST_MANY,
    LEAST_ORM,
    LEAST_P99,
    SpendingRatios,
)
from bench.stand import ROOT
from bench.subjects import GOALS, PEER_LEASTS, PLAIN, UNCACHED
from chenu.core.clock import system_now

DOCUMENT = ROOT / "docs" / "performance.md"
_BEGIN, _END = "<!-- begin: python -m bench -->", "<!-- end -->"
_PACKAGES = (
    *("litestar", "strawberry-graphql", "graphql-core", "asyncpg", "piccolo", "granian"),
    "uvicorn",  # the peers'
)


def write_report(
    rates: Rates,
    signatures: Ratio,
    checks: Ratio,
    keys: KeyRatios,
    pools: PoolRatios,
    search: SearchTimes,
    posting: PostingRates,
    spending: SpendingRatios,
    engines: str,
    rounds: int,
) -> str:
    lines = [
        _describe_run(engines, rounds),
        "",
        "| what | ratio: median | least | most | goal |",
        "|---|---|---|---|---|",
        *(_row(goal.label, compare(rates, goal.subject, goal.base), goal.least) for goal in GOALS),
        _row("signature check, over `construct_event`", signatures, LEAST),
        _row("an entitlement check, over the same one-row read", checks, CHECK_LEAST),
        *key_rows(keys),
        _row("the list's statement by our pool, over asyncpg's own", pools.listing, POOL_LEAST),
        _row("a short statement by our pool, over asyncpg's own", pools.short, POOL_LEAST),
        _row("posting a sale to the ledger, over pgbench", posting.ratio, POSTING_LEAST),
        *spending_rows(spending),
        *peer_rows(rates),
        *describe_limiters(rates),
        "",
        f"Search among 100,000 agents, one word ordered by installs, {SEARCHES:,} searches:"
        f" median {search.median:.1f} ms, p99 {search.p99:.1f} ms (goal: under {MOST_MS:g} ms,"
        f" {'met' if search.p99 < MOST_MS else 'NOT met'}). With the middle of each search's times:"
        f" p99 {search.p99_of_words:.1f} ms.",
        "",
        describe_posting(posting),
        "",
        "```",
        search.plan,
        "```",
    ]
    return "\n".join(lines)


def describe_posting(posting: PostingRates) -> str:
    ratio = posting.ratio
    is_met = "met" if ratio.median >= POSTING_LEAST else "NOT met"
    return (
        f"Posting with {POSTING_CLIENTS} clients: {posting.ours:,.0f} transactions a second, each"
        f" with three entries and a balance; pgbench {posting.theirs:,.0f}, the same rows in"
        f" statements of its own. Ratio {ratio.median:.2f} ({ratio.least:.2f} to {ratio.most:.2f};"
        f" goal {POSTING_LEAST:g}, {is_met}). Sealing: {posting.sealed:,.0f} entries a second."
    )


def spending_rows(spending: SpendingRatios) -> list[str]:
    """16 callers or 256, each with an idempotency key; p99 the other way round."""
    each = (
        ("over 10,000 accounts, over pgbench", spending.spread, SPENDING_LEAST),
        ("with 256 callers over 10,000 accounts, over pgbench", spending.many, LEAST_MANY),
        ("on one hot account, over pgbench", spending.hot, LEAST_HOT),
        ("over 10,000 accounts: pgbench's p99 over ours", spending.p99, LEAST_P99),
        ("on one hot account: pgbench's p99 over ours", spending.hot_p99, LEAST_P99),
        ("over a transaction with a row lock through the ORM", spending.orm, LEAST_ORM),
    )
    return [_row(f"spending a token {what}", ratio, least) for what, ratio, least in each]


def key_rows(keys: KeyRatios) -> list[str]:
    """Times, not rates: below 1 is faster. Only the first tells a guesser anything, if it does."""
    return [
        _row("time of an API key that was never made, over a revoked one", keys.unknown, None),
        _row("time of a mistyped key, over one that was never made", keys.mistyped, None),
        _row("time of a key that works, over one that was never made", keys.working, None),
    ]


def describe_limiters(rates: Rates) -> list[str]:
    return [
        _row(label, compare(rates, subject, base), least)
        for label, subject, base, least in limiter_ratios(rates)
    ]


def peer_rows(rates: Rates) -> list[str]:
    """Our rate over each peer's; and each peer's over the plain route's."""
    rows = []
    for name, least in PEER_LEASTS.items():
        if name not in rates:
            continue
        share = compare(rates, name, PLAIN).median
        label = f"our uncached list, over {TITLES[name]} (itself {share:.3f} of the plain route)"
        rows.append(_row(label, compare(rates, UNCACHED, name), least))
    return rows


def _row(label: str, ratio: Ratio, least: float | None) -> str:
    goal = "" if least is None else f"{least:g} {'met' if ratio.median >= least else 'NOT met'}"
    return f"| {label} | {ratio.median:.2f} | {ratio.least:.2f} | {ratio.most:.2f} | {goal} |"


def _describe_run(engines: str, rounds: int) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{system_now():%Y-%m-%d}, commit {_commit()}; Python {platform.python_version()},"
        f" {packages}; {engines}; {os.cpu_count()} cores. {rounds} rounds of"
        f" {SECONDS:g} s for each subject, 16 connections, one worker each, 10,000 agents. Each"
        " ratio is over the plain Litestar route unless it names another."
    )


def _commit() -> str:
    found = _git("rev-parse", "--short", "HEAD")
    return f"{found} with changes" if _git("status", "--porcelain") else found


def _git(*arguments: str) -> str:
    command = ("git", *arguments)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    return done.stdout.strip()


def keep_report(text: str, document: Path = DOCUMENT) -> None:
    """Replaces the text between its marks; the rest of the document stays."""
    before, _, rest = document.read_text().partition(_BEGIN)
    after = rest.partition(_END)[2]
    document.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{after}")
