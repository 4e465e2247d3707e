"""How much longer searches and counts take among 1,000,000 agents than among 100,000."""

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median

from bench.fill import SEED, Vocabulary
from bench.rounds import Ratio
from chenu.agents.facets import count_facets
from chenu.agents.model import PriceType
from chenu.agents.search import count_agents, list_agents
from chenu.agents.search_query import AgentFilter, AgentQuery, AgentSort
from chenu.core import db
from chenu.core.paging import PageRequest
from chenu.http.server import spare_garbage_collection
from chenu.tiers.catalogue import AgentLevel

MOST = 3.0
_WORDS, _AGAIN = 60, 9
_PAGE = PageRequest(20)
_FILTERS = {
    "all agents": AgentFilter(),
    "a level": AgentFilter(levels=[AgentLevel.L2]),
    "a sphere": AgentFilter(spheres=["BUSINESS"]),
    "a capability": AgentFilter(capabilities=["audio"]),
    "what is free": AgentFilter(price_types=[PriceType.FREE]),
    "a range of prices": AgentFilter(min_price=1000, max_price=2000),
    "a rating": AgentFilter(min_rating=4.0),
    "a creator": AgentFilter(creator="atelier-7"),
    "a language": AgentFilter(language="en"),
    "a level and a capability in a range of prices": AgentFilter(
        levels=[AgentLevel.L2], capabilities=["audio"], min_price=1000, max_price=2000
    ),
    "six filters that few agents meet": AgentFilter(
        spheres=["BUSINESS"],
        levels=[AgentLevel.L3],
        capabilities=["audio"],
        min_rating=4.5,
        min_price=3000,
        language="fr",
    ),
    "what is free for a price": AgentFilter(price_types=[PriceType.FREE], min_price=1000),
}
Ask = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Growth:
    """Times of the larger store over those of the smaller, by round; milliseconds are medians."""

    label: str
    ratio: Ratio
    small_ms: float
    large_ms: float


async def compare_sizes(small: str, large: str, rounds: int) -> list[Growth]:
    """Both stores are asked in turn, each round by connections of its own."""
    spare_garbage_collection()
    subjects = _subjects()
    times: dict[str, list[tuple[float, float]]] = {label: [] for label in subjects}
    for _ in range(rounds):
        first, second = [await _time_all(url, subjects) for url in (small, large)]
        for label in subjects:
            times[label].append((first[label], second[label]))
    return [_growth(label, pairs) for label, pairs in times.items()]


def _growth(label: str, pairs: list[tuple[float, float]]) -> Growth:
    ratios = [large / small for small, large in pairs]
    small_ms, large_ms = (median(times) for times in zip(*pairs, strict=True))
    return Growth(label, Ratio(min(ratios), median(ratios), max(ratios)), small_ms, large_ms)


def describe_growth(found: list[Growth]) -> str:
    lines = ["| what | 100,000, ms | 1,000,000, ms | ratio: median | least | most | goal |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for each in found:
        ratio = each.ratio
        lines.append(
            f"| {each.label} | {each.small_ms:.1f} | {each.large_ms:.1f} | {ratio.median:.2f}"
            f" | {ratio.least:.2f} | {ratio.most:.2f} | {_goal_of(each)} |"
        )
    return "\n".join(lines)


def _goal_of(growth: Growth) -> str:
    """Of counts it is how much they read: tests/agents/test_filtered_lists.py."""
    if growth.label.startswith(("a count", "counts")):
        return ""
    return f"{MOST:g} {'met' if growth.ratio.median <= MOST else 'NOT met'}"


def _subjects() -> dict[str, list[Ask]]:
    """By label: what is asked in a row. Words are drawn as people use them."""
    words = Vocabulary().draw(random.Random(SEED), _WORDS)
    found: dict[str, list[Ask]] = {
        f"words by {sort.lower()}": [_listing(AgentQuery(word, sort=sort)) for word in words]
        for sort in AgentSort
    }
    rare = _FILTERS["a level and a capability in a range of prices"]
    for sort in AgentSort:
        queries = [AgentQuery(word, rare, sort) for word in words]
        found[f"words within three filters by {sort.lower()}"] = [_listing(q) for q in queries]
    found["a count of words"] = [_count(AgentQuery(word)) for word in words]
    found["counts of the filters, of words"] = [
        _facets(AgentQuery(each)) for each in words[:_AGAIN]
    ]
    for label, chosen in _FILTERS.items():
        query = AgentQuery(filter=chosen)
        for sort in (AgentSort.POPULAR, AgentSort.NEWEST, AgentSort.RATING, AgentSort.PRICE_ASC):
            listing = _listing(AgentQuery(filter=chosen, sort=sort))
            found[f"browsing {label} by {sort.lower()}"] = [listing] * _AGAIN
        found[f"a count of {label}"] = [_count(query)] * _AGAIN
        found[f"counts of the filters, of {label}"] = [_facets(query)] * _AGAIN
    return found


def _listing(query: AgentQuery) -> Ask:
    return lambda: list_agents(query, _PAGE)


def _count(query: AgentQuery) -> Ask:
    return lambda: count_agents(query)


def _facets(query: AgentQuery) -> Ask:
    return lambda: count_facets(query)


async def _time_all(url: str, subjects: dict[str, list[Ask]]) -> dict[str, float]:
    """The median time of each subject, once its statements are prepared."""
    db.configure(url, application="chenu-bench")
    await db.start(pool_size=2)
    try:
        return {label: await _time(calls) for label, calls in subjects.items()}
    finally:
        await db.stop()


async def _time(calls: list[Ask]) -> float:
    for call in calls[:6]:
        await call()
    taken = []
    for call in calls:
        started = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - started) * 1e3)
    return median(taken)
