"""Lists and counts by several filters at once: what the index knows roughly is found exactly."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chenu.agents.facets import count_facets
from chenu.agents.model import AgentKind, PriceType
from chenu.agents.search import count_agents, list_agents
from chenu.agents.search_query import (
    RATING,
    AgentFilter,
    AgentQuery,
    AgentSort,
    Mode,
    conditions_of,
    ranges_of,
)
from chenu.core import db
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from chenu.tiers.catalogue import AgentLevel
from tests.agents.spread import spread_agents
from tests.conftest import Engines
from tests.faults.counts import runs
from tests.rows import unguarded

EDGES = sorted({near for edge in (0, 1, 9, 10, 99, 500, 900, 1000, 1999, 2999, 10**6)
                for near in (edge - 1, edge, edge + 1) if near >= 0})  # fmt: skip
prices = st.none() | st.sampled_from(EDGES)
ratings = st.sampled_from((None, 0.0, 0.1, 3.0, 3.3, 4.0, 4.9, 5.0, 6.0))
filters = st.builds(
    AgentFilter,
    kinds=st.lists(st.sampled_from((AgentKind.PLATFORM, AgentKind.MARKETPLACE)), max_size=1),
    levels=st.lists(st.sampled_from(tuple(AgentLevel)), max_size=2, unique=True),
    spheres=st.lists(st.sampled_from(("BUSINESS", "SCHOLAR", "NOWHERE")), max_size=2, unique=True),
    capabilities=st.lists(st.sampled_from(("cooking", "travel")), max_size=2, unique=True),
    price_types=st.lists(st.sampled_from(PriceType), max_size=2, unique=True),
    min_price=prices,
    max_price=prices,
    min_rating=ratings,
    language=st.sampled_from((None, "fr", "en", "de")),
)
SORTS: dict[AgentSort, str] = {
    AgentSort.RELEVANCE: "a.installs DESC, a.id DESC",
    AgentSort.RATING: f"{RATING} DESC, a.id DESC",
    AgentSort.POPULAR: "a.installs DESC, a.id DESC",
    AgentSort.NEWEST: "a.published_at DESC, a.id DESC",
    AgentSort.PRICE_ASC: "a.price, a.id",
    AgentSort.PRICE_DESC: "a.price DESC, a.id DESC",
}
COUNTED = [
    AgentQuery(),
    AgentQuery("astronomie"),
    AgentQuery(filter=AgentFilter(levels=[AgentLevel.L1])),
    AgentQuery(filter=AgentFilter(min_price=100, price_types=[PriceType.FREE])),
    AgentQuery(filter=AgentFilter(min_price=100, max_price=2900, spheres=["BUSINESS"])),
    AgentQuery("navigation", AgentFilter(min_rating=2.0, capabilities=["travel"])),
]
FEW = 300
"""So many of 6,000 agents have 100 installs or more: PostgreSQL rather reads all of them."""
over_many = settings(
    max_examples=runs(300), suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
async def many(services: Services) -> None:
    await spread_agents(400)


async def find_all(query: AgentQuery) -> list[UUID]:
    """By the conditions alone, as they are written."""
    conditions = conditions_of(query, Mode.WORDS if query.search else Mode.ALL)
    sql = f"""
        SELECT a.id FROM agent a LEFT JOIN creator c ON c.id = a.creator
        WHERE {conditions.sql} ORDER BY {SORTS[query.sort]}
    """  # noqa: S608 - own fragments, values are arguments
    return [row[0] for row in await db.fetch_records(sql, *conditions.args)]


async def list_whole(query: AgentQuery, *, backwards: bool) -> list[UUID]:
    """By pages of 7."""
    found: list[UUID] = []
    page = PageRequest(7, backwards=backwards)
    while True:
        hits = await list_agents(query, page)
        ids: list[UUID] = [hit.id for hit in hits.rows]
        found = ids + found if backwards else found + ids
        if not (hits.has_previous if backwards else hits.has_next):
            return found
        page = PageRequest(7, hits.rows[0 if backwards else -1].key, backwards=backwards)


@pytest.mark.faults
@over_many
@given(
    wanted=filters,
    search=st.sampled_from(("", "", "astronomie")),
    sort=st.sampled_from(tuple(SORTS)),
    backwards=st.booleans(),
    looked_at=st.sampled_from((9, 4_000)),
)
async def test_a_filtered_list_is_what_its_conditions_say(
    many: None, wanted: AgentFilter, search: str, sort: AgentSort, backwards: bool, looked_at: int
) -> None:
    query = AgentQuery(search, wanted, sort)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chenu.agents.first_in_order.LOOKED_AT", looked_at)
        listed = await list_whole(query, backwards=backwards)

    expected = await find_all(query)
    if search and sort is AgentSort.RELEVANCE:
        assert sorted(listed) == sorted(expected)
    else:
        assert listed == expected
    assert await count_agents(query) == len(listed)


@over_many
@given(lowest=prices, highest=prices, rating=ratings)
async def test_whatever_is_wanted_is_in_a_range_that_is_looked_for(
    services: Services, lowest: int | None, highest: int | None, rating: float | None
) -> None:
    """Of all prices at the edges, and of all ratings that few reviews can give."""
    wanted = AgentFilter(min_price=lowest, max_price=highest, min_rating=rating)
    conditions = conditions_of(AgentQuery(filter=wanted), Mode.ALL)
    met = " AND ".join(conditions.parts[2:]) or "true"
    sql = f"""
        SELECT agent_ranges(a.price, a.rating_sum, a.review_count) AS ranges
        FROM (SELECT price, rating_sum, review_count FROM unnest($1::bigint[]) AS price,
            generate_series(0, 4) AS review_count,
            LATERAL generate_series(review_count, review_count * 5) AS rating_sum) a
        WHERE {met}
    """  # noqa: S608 - own fragments, values are arguments
    shifted = sql.replace("$1::bigint[]", f"${len(conditions.args) + 1}::bigint[]")
    for (ranges,) in await db.fetch_records(shifted, *conditions.args, EDGES):
        assert all(set(ranges) & set(looked_for) for looked_for in ranges_of(wanted))


class Read(msgspec.Struct):
    """Of one statement: agents that it read, for how many counts; or for each option by itself."""

    agents: int
    counts: int
    is_by_option: bool


def add_up(node: dict[str, Any]) -> int:
    """Rows of the table that were read, whatever became of them."""
    own = 0
    if node.get("Relation Name") == "agent":
        rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        own = round(rows * node["Actual Loops"])
    return own + sum(add_up(part) for part in node.get("Plans", ()))


@pytest.fixture
async def reads(services: Services, monkeypatch: pytest.MonkeyPatch) -> list[Read]:
    """What each statement of a count reads, as PostgreSQL says it."""
    found: list[Read] = []
    fetch = db.fetch_records

    async def watch(sql: str, *args: Any) -> Sequence[Any]:
        async with db.transaction():
            for scan in ("seqscan", "indexscan"):  # PostgreSQL would rather read all of so few
                await db.execute(f"SET LOCAL enable_{scan} = off")
            explained = await fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *args)
        plan = msgspec.json.decode(explained[0][0])[0]["Plan"]
        is_by_option = "named.option" in sql
        counts = len(args[-1]) if is_by_option else 20
        found.append(Read(add_up(plan), counts, is_by_option))
        return await fetch(sql, *args)

    monkeypatch.setattr(db, "fetch_records", watch)
    return found


async def test_no_count_reads_more_than_it_says(
    services: Services, engines: Engines, reads: list[Read], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several counts of one statement read no more together than each by itself. With the bounds of
    a large store made small.
    """
    await spread_agents(6_000)
    async with unguarded(engines) as connection:
        await connection.execute("VACUUM ANALYZE agent")
    for module in ("search", "facets"):
        monkeypatch.setattr(f"chenu.agents.{module}.COUNT_UP_TO", 100)
    monkeypatch.setattr("chenu.agents.facets._READ_TOGETHER", 1_000)
    reads.clear()
    for query in COUNTED:
        await count_facets(query)

    by_option = [read for read in reads if read.is_by_option]
    together = [read for read in reads if not read.is_by_option]
    assert len(by_option) > len(COUNTED)
    assert len(together) > len(COUNTED)
    assert [read for read in by_option if read.agents > read.counts * 101 + FEW] == []
    assert [read for read in together if read.agents > 1_001 + FEW] == []
