"""Any search text gets an answer; pages neither lose nor repeat agents."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chenu.agents.facets import count_facets
from chenu.agents.queries import find_agent_by_slug, find_creator_by_handle
from chenu.agents.search import AgentHit, count_agents, list_agents
from chenu.agents.search_query import AgentFilter, AgentQuery, AgentSort
from chenu.core.errors import BadInput
from chenu.core.paging import Key, PageRequest
from chenu.flows.services import Services
from tests.agents.shelf import Shop, open_shop, shelve
from tests.conftest import SEED
from tests.faults.counts import runs
from tests.rows import put

HOSTILE = [
    "", " ", "'", '"', "''", "';DROP TABLE agent;--", "\\", "\\'", "%", "_", "%_%", "$1", "{}",
    "!", "!!", "&", "|", "<->", "<2>", ":", ":*", "a:*", "a:A", "a & ", "| b", "!a", "(a", "a)",
    "()", "((((", "a<->b", "a<1000000>b", "* * *", "-a", "+a", '"a b"', "a\tb\nc", "\x00",
    "a\x00b", "xyzzy\x00", "\ud800", "xyzzy\ud800", "\ufeff", "\u202e", "👩‍🚀", "é" * 300, "İ",
    "ﬁ", "ß",
    "a" * 10_000, "a " * 5_000, "é☃" * 5_000, "'" * 10_000, "\\" * 10_000, "1", "1.5", "-1", "1e9",
    "http://example.org/a?b=c", "a@b.c", "/etc/passwd", "<b>", "le", "the", "de la", "AND", "NOT x",
    "²", "ª", "½", "Ⅷ", "_", "__", "a_b", "٣", "漢字", "ﷺ",
]  # fmt: skip


@pytest.fixture
async def shop(services: Services) -> Shop:
    shop = await open_shop()
    await shelve(shop, "Trieur de factures", price=900)
    await shelve(shop, "a b c", tagline="x")
    return shop


async def ask(query: AgentQuery) -> None:
    await list_agents(query, PageRequest(10))
    await count_agents(query)
    await count_facets(query)


@pytest.mark.parametrize("search", HOSTILE, ids=lambda text: ascii(text)[:20])
async def test_no_search_breaks_anything(shop: Shop, search: str) -> None:
    for sort in (AgentSort.RELEVANCE, AgentSort.NEWEST):
        await ask(AgentQuery(search, sort=sort))


@settings(
    max_examples=runs(1000),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(search=st.text(st.characters(), max_size=60))
async def test_no_text_at_all_breaks_anything(shop: Shop, search: str) -> None:
    await list_agents(AgentQuery(search), PageRequest(10))
    await list_agents(AgentQuery(f"xyzzy {search}"), PageRequest(10))


@pytest.mark.parametrize(
    "wanted",
    [
        {"creator": "\x00"},
        {"creator": "\ud800"},
        {"creator": "' OR 1=1"},
        {"language": "\x00"},
        {"language": "'"},
        {"spheres": ["\x00", "'"]},
        {"capabilities": ["\x00"]},
        {"capabilities": ["{", '"', "\\", ","]},
        {"min_price": 2**53, "max_price": -(2**53)},
        {"min_rating": 1e300},
        {"min_rating": float("inf")},
    ],
    ids=str,
)
async def test_no_filter_breaks_anything(shop: Shop, wanted: dict[str, Any]) -> None:
    query = AgentQuery(filter=AgentFilter(**wanted))

    await ask(query)
    assert await count_agents(query) == 0


@pytest.mark.parametrize("rating", [-1e300, float("nan"), float("-inf")])
async def test_a_rating_that_none_is_below_excludes_nothing(shop: Shop, rating: float) -> None:
    query = AgentQuery(filter=AgentFilter(min_rating=rating))

    await ask(query)
    assert await count_agents(query) == 2


async def walk(query: AgentQuery, size: int, *, backwards: bool = False) -> list[AgentHit]:
    """All pages, one after the other, in display order."""
    found: list[AgentHit] = []
    key: Key | None = None
    while True:
        page = await list_agents(query, PageRequest(size, key, backwards))
        rows = list(page.rows)
        found = rows + found if backwards else found + rows
        if not (page.has_previous if backwards else page.has_next):
            return found
        key = rows[0].key if backwards else rows[-1].key


@pytest.fixture
async def many(services: Services) -> Shop:
    """Thirty agents, many of which are equal in every order."""
    chance = random.Random(SEED)
    shop = await open_shop()
    for number in range(30):
        await shelve(
            shop,
            f"Agent numéro {number}",
            price=chance.choice((0, 300, 900)),
            installs=chance.randrange(3),
            rating_sum=chance.randrange(3),
            review_count=1,
        )
    await put("agent", "published_at", await _moment(), "installs = 1")
    return shop


async def _moment() -> object:
    from chenu.core import db

    return await db.fetch_value("SELECT min(published_at) FROM agent")


@pytest.mark.parametrize("search", ["", "agent", "agnet"], ids=["all", "words", "typo"])
@pytest.mark.parametrize("sort", list(AgentSort))
async def test_pages_walk_every_agent_once_in_both_directions(
    many: Shop, sort: AgentSort, search: str
) -> None:
    query = AgentQuery(search, sort=sort)
    whole = [hit.id for hit in (await list_agents(query, PageRequest(100))).rows]

    forwards = [hit.id for hit in await walk(query, 7)]
    backwards = [hit.id for hit in await walk(query, 4, backwards=True)]

    assert len(set(whole)) == 30
    assert forwards == whole
    assert backwards == whole


@pytest.mark.parametrize("sort", [AgentSort.NEWEST, AgentSort.POPULAR, AgentSort.PRICE_ASC])
async def test_agents_that_appear_meanwhile_push_none_out_or_in_twice(
    many: Shop, sort: AgentSort
) -> None:
    query = AgentQuery(sort=sort)
    known = [hit.id for hit in (await list_agents(query, PageRequest(100))).rows]
    seen = []
    key: Key | None = None

    for _ in range(10):
        page = await list_agents(query, PageRequest(5, key))
        seen += [hit.id for hit in page.rows]
        for installs in (0, 1, 99):
            await shelve(many, "Nouveau", installs=installs, price=installs * 10)
        if not page.has_next:
            break
        key = page.rows[-1].key

    assert len(seen) == len(set(seen))
    assert [agent_id for agent_id in seen if agent_id in known] == known


async def test_a_cursor_of_another_order_is_refused(many: Shop) -> None:
    [newest, *_] = (await list_agents(AgentQuery(sort=AgentSort.NEWEST), PageRequest(1))).rows
    [dearest, *_] = (await list_agents(AgentQuery(sort=AgentSort.PRICE_DESC), PageRequest(1))).rows

    for sort, key in (
        (AgentSort.POPULAR, newest.key),
        (AgentSort.NEWEST, dearest.key),
        (AgentSort.NEWEST, ("2026-13-01", str(newest.id))),
        (AgentSort.POPULAR, (3, "no id")),
    ):
        with pytest.raises(BadInput) as refused:
            await list_agents(AgentQuery(sort=sort), PageRequest(5, key))
        assert refused.value.path == ("after",)


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", "a" * 500_000, ""])
async def test_no_name_in_an_address_breaks_a_search_for_it(services: Services, text: str) -> None:
    assert await find_agent_by_slug(text) is None
    assert await find_creator_by_handle(text) is None
