"""How long a search for one word takes, ordered by installs, among 100,000 agents."""

import asyncio
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.fill import SEED, Vocabulary
from chenu.agents.search import list_agents
from chenu.agents.search_query import AgentQuery, AgentSort
from chenu.core import db
from chenu.core.paging import PageRequest
from chenu.http.server import spare_garbage_collection

SEARCHES = 1_000
MOST_MS = 5.0
_PASSES = 5
_RARE = 1_000
_EXPLAINED = "ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF"
_READ = re.compile(r"Scan( using \w+)? on (?!band_)")
_PAGE = PageRequest(20)


@dataclass(frozen=True)
class SearchTimes:
    """In milliseconds, from the call to the rows; `plan` is PostgreSQL's for a rare word.

    Medians of several passes. The slowest hundredth of one pass is mostly noise of the machine, so
    `p99_of_words` first takes the median time of each search over all passes.
    """

    median: float
    p99: float
    p99_of_words: float
    plan: str


async def time_searches(url: str) -> SearchTimes:
    """Words by frequency of use, one after the other, in a process set up like the server."""
    spare_garbage_collection()
    db.configure(url, application="chenu-bench")
    await db.start(pool_size=2)
    try:
        vocabulary, dice = Vocabulary(), random.Random(SEED)
        words = vocabulary.draw(dice, SEARCHES)
        await _time_pass(words)  # earlier measurements have evicted the store from memory
        passes = [await _time_pass(words) for _ in range(_PASSES)]
        plan = await _explain(vocabulary.words[_RARE])
    finally:
        await db.stop()
    middle = sorted(passes, key=_p99)[_PASSES // 2]
    by_search = [median(times) for times in zip(*passes, strict=True)]
    return SearchTimes(median(middle), _p99(middle), _p99(by_search), plan)


async def _time_pass(words: Sequence[str]) -> list[float]:
    return [await _search(word) for word in words]


def _p99(times: Sequence[float]) -> float:
    return sorted(times)[len(times) * 99 // 100]


async def _search(word: str) -> float:
    started = time.perf_counter()
    await list_agents(AgentQuery(word, sort=AgentSort.POPULAR), _PAGE)
    return (time.perf_counter() - started) * 1000


async def _explain(word: str) -> str:
    """Of the same statement that the search runs: the indexes used and the number of rows."""
    statements: list[tuple[str, Any]] = []
    async with db.connection() as connection:
        connection.add_query_logger(lambda record: statements.append((record.query, record.args)))
    await list_agents(AgentQuery(word, sort=AgentSort.POPULAR), _PAGE)
    await asyncio.sleep(0)  # the driver reports a statement one turn of the event loop later
    statement, args = next(pair for pair in reversed(statements) if "ORDER BY" in pair[0])
    async with db.connection() as connection:
        rows = await connection.fetch(f"EXPLAIN ({_EXPLAINED}) {statement}", *args)
    read = [row[0].strip(" ->") for row in rows if _READ.search(row[0])]
    return "\n".join(line for line in read if not line.endswith("(never executed)"))
