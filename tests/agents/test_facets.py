"""Counts of filter options: each equals what choosing the option finds."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chenu.agents.facets import FacetCount, Facets, count_facets
from chenu.agents.model import AgentKind, PriceType
from chenu.agents.search import COUNT_UP_TO, count_agents
from chenu.agents.search_query import AgentFilter, AgentQuery
from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import AgentLevel
from tests.agents.shelf import open_shop, shelve
from tests.faults.counts import runs
from tests.rows import put

KINDS = (AgentKind.PLATFORM, AgentKind.MARKETPLACE)
LEVELS = tuple(AgentLevel)
SPHERES = ("BUSINESS", "SCHOLAR", "PERSONAL")
TAGS = ("cooking", "planning", "travel")
WORDS = ("boulangerie", "astronomie", "navigation")
MISTYPED = ("boulnagerie", "astronmie navgation")

filters = st.builds(
    AgentFilter,
    kinds=st.lists(st.sampled_from(KINDS), max_size=2, unique=True),
    levels=st.lists(st.sampled_from(LEVELS), max_size=2, unique=True),
    spheres=st.lists(st.sampled_from((*SPHERES, "NOWHERE")), max_size=2, unique=True),
    capabilities=st.lists(st.sampled_from(TAGS), max_size=2, unique=True),
    price_types=st.lists(st.sampled_from(PriceType), max_size=2, unique=True),
    min_price=st.sampled_from((None, 0, 1, 500, 900, 1000)),
    max_price=st.sampled_from((None, 0, 499, 899, 900)),
    min_rating=st.sampled_from((None, 0.0, 4.0, 4.5, 5.0)),
    language=st.sampled_from((None, "fr", "en", "de")),
)
over_many_queries = settings(
    max_examples=runs(300),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
queries = st.builds(AgentQuery, st.sampled_from(("", *WORDS, *MISTYPED)), filters)


@pytest.fixture
async def many(services: Services) -> None:
    """Sixty agents of all kinds, a few words each."""
    shop, dice = await open_shop(), random.Random(20261123)
    for number in range(60):
        words = dice.sample(WORDS, dice.randint(1, 2))
        translation = {"name": f"Number {number}"} if dice.random() < 0.3 else None
        agent = await shelve(
            shop, f"{' '.join(words)} {number}", kind=dice.choice(KINDS), level=dice.choice(LEVELS),
            sphere=dice.choice(SPHERES), capabilities=tuple(dice.sample(TAGS, dice.randint(0, 2))),
            price=dice.choice((0, 0, 500, 900)), translation=translation,
        )  # fmt: skip
        if dice.random() < 0.2:
            await put("agent", "language", "en", "id = $2", agent)
        if dice.random() < 0.2:
            await put("agent", "sphere", None, "id = $2", agent)


def options_of(facets: Facets) -> dict[str, Sequence[FacetCount]]:
    return {
        "kinds": facets.kinds,
        "levels": facets.levels,
        "spheres": facets.spheres,
        "price_types": facets.price_types,
        "capabilities": facets.capabilities,
        "language": facets.languages,
    }


async def count_with(query: AgentQuery, **choice: Any) -> int:
    return await count_agents(replace(query, filter=replace(query.filter, **choice)))


@pytest.mark.faults
@over_many_queries
@given(query=queries)
async def test_each_count_is_what_its_option_finds(many: None, query: AgentQuery) -> None:
    facets = await count_facets(query)

    assert facets.total == await count_agents(query)
    for name, options in options_of(facets).items():
        for option in options:
            alone: Any = option.value if name == "language" else (option.value,)
            assert option.count == await count_with(query, **{name: alone}), (name, option)
        assert list(options) == sorted(options, key=lambda each: (-each.count, each.value))


@pytest.mark.faults
@over_many_queries
@given(query=queries)
async def test_no_option_is_left_out(many: None, query: AgentQuery) -> None:
    """Where an agent has one option only, the counts add up to the total without the filter."""
    facets = await count_facets(query)

    for name in ("kinds", "levels", "price_types"):
        counted = sum(option.count for option in options_of(facets)[name])
        assert counted == await count_with(query, **{name: ()}), name


@pytest.mark.faults
@over_many_queries
@given(query=queries)
async def test_counts_are_the_same_where_not_all_matches_are_read(
    many: None, query: AgentQuery
) -> None:
    """With the bounds of a large store made small: what is rare is counted by itself."""
    whole = await count_facets(query)
    with pytest.MonkeyPatch.context() as patch:
        for module in ("search", "facets"):
            patch.setattr(f"chenu.agents.{module}.COUNT_UP_TO", 3)
        patch.setattr("chenu.agents.facets._READ_TOGETHER", 8)
        few = await count_facets(query)

    assert few.total == min(whole.total, 4)
    for name, options in options_of(whole).items():
        counted = {option.value: option.count for option in options_of(few)[name]}
        wanted = {option.value: min(option.count, 4) for option in options}
        # A capability that none of the first matches has is not listed.
        expected = counted.keys() if name == "capabilities" else wanted.keys()
        assert counted == {value: wanted[value] for value in expected}, name


@pytest.mark.parametrize("search", MISTYPED)
async def test_what_looks_alike_is_counted_where_words_match_nothing(
    many: None, search: str
) -> None:
    facets = await count_facets(AgentQuery(search))

    assert facets.total == await count_agents(AgentQuery(search)) > 0
    assert sum(option.count for option in facets.levels) == facets.total


async def test_a_thousand_and_one_means_more(services: Services) -> None:
    await shelve(await open_shop(), "Pain du soir", capabilities=("cooking",), sphere="PERSONAL")
    await multiply_agent(COUNT_UP_TO)

    facets = await count_facets(AgentQuery("pain"))

    assert facets.total == COUNT_UP_TO + 1
    assert facets.spheres == (FacetCount("PERSONAL", COUNT_UP_TO + 1),)
    assert facets.capabilities == (FacetCount("cooking", COUNT_UP_TO + 1),)
    await multiply_agent(1)
    assert await count_facets(AgentQuery("pain")) == facets


_COLUMNS = """
    SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
    WHERE table_name = 'agent' AND column_name NOT IN ('id', 'slug') AND is_generated = 'NEVER'
"""


async def multiply_agent(times: int) -> None:
    """As many more of the first one."""
    columns = await db.fetch_value(_COLUMNS)
    sql = f"""
        INSERT INTO agent (id, slug, {columns})
        SELECT gen_random_uuid(), gen_random_uuid()::text, {columns}
        FROM (SELECT * FROM agent ORDER BY created_at LIMIT 1) a, generate_series(1, $1)
    """  # noqa: S608 - the catalogue's own names
    await db.execute(sql, times)
