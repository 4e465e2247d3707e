"""Finding agents: words of both languages, accents, stems, typos, filters, counts, order."""

import itertools
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from chenu.agents.facets import count_facets
from chenu.agents.model import AgentKind, AgentStatus, PriceType
from chenu.agents.search import count_agents, list_agents, list_cards
from chenu.agents.search_query import AgentFilter, AgentQuery, AgentSort
from chenu.core import db
from chenu.core.i18n import LOCALES
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from chenu.tiers.catalogue import AgentLevel
from tests.agents.shelf import open_shop, shelve
from tests.rows import put

ALL = PageRequest(100)


async def find(
    search: str = "", sort: AgentSort = AgentSort.RELEVANCE, **wanted: object
) -> list[str]:
    query = AgentQuery(search, AgentFilter(**wanted), sort)  # type: ignore[arg-type]
    names = [hit.name for hit in (await list_agents(query, ALL)).rows]
    assert await count_agents(query) == len(names)
    return names


@pytest.fixture
async def store(services: Services) -> None:
    """Five agents that have no word in common."""
    shop = await open_shop()
    await shelve(
        shop, "Trieur de factures", tagline="Classe vos reçus.", capabilities=("comptabilité",),
        description="Il rapproche les écritures bancaires et prépare la déclaration.",
        translation={"name": "Invoice sorter", "tagline": "Files your receipts."},
        price=900, installs=5, level=AgentLevel.L1, sphere="BUSINESS",
    )  # fmt: skip
    await shelve(
        shop, "Élève assidu", tagline="Révise avec vous.", capabilities=("école",),
        description="Des fiches pour chaque leçon.", installs=50, level=AgentLevel.L0,
        sphere="SCHOLAR",
    )  # fmt: skip
    await shelve(
        shop, "Night baker", tagline="Plans breads and cakes.", price=300, installs=7,
        capabilities=("cooking", "planning"), description="Recipes that were running for years.",
        level=AgentLevel.L2, sphere="PERSONAL", language="en",
    )  # fmt: skip
    await shelve(
        shop, "Météo du port", tagline="Vent et houle.", capabilities=("planning",), installs=1,
        description="Pour les marins d’eau douce.", sphere="COMMUNITY", price=5000,
    )  # fmt: skip
    await shelve(shop, "Boîte à idées", tagline="Note tout.", installs=0, sphere="MY_TEAM")


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("factures", "Trieur de factures"),
        ("FACTURE", "Trieur de factures"),
        ("trieurs", "Trieur de factures"),
        ("invoices", "Trieur de factures"),
        ("sorting invoice", "Trieur de factures"),
        ("receipt", "Trieur de factures"),
        ("comptabilite", "Trieur de factures"),
        ("déclarations bancaires", "Trieur de factures"),
        ("eleve", "Élève assidu"),
        ("élèves", "Élève assidu"),
        ("ÉLÈVE", "Élève assidu"),
        ("ecole", "Élève assidu"),
        ("leçons", "Élève assidu"),
        ("bread", "Night baker"),
        ("bakers", "Night baker"),
        ("recipe run", "Night baker"),
        ("meteo", "Météo du port"),
        ("d'eau", "Météo du port"),
        ("d’eau douce", "Météo du port"),
        ("boite", "Boîte à idées"),
        ("e\u0301le\u0300ve", "Élève assidu"),
        ("Me\u0301te\u0301o", "Météo du port"),
        ("Boi\u0302te a\u0300 ide\u0301es", "Boîte à idées"),
        ("comptabilite\u0301", "Trieur de factures"),
    ],
)
async def test_words_are_found_in_both_languages_whatever_their_form(
    store: None, search: str, found: str
) -> None:
    assert await find(search) == [found]


@pytest.mark.parametrize("search", ["f", "fac", "fact", "factu", "trieur fac", "trieur de f"])
async def test_the_last_word_may_be_unfinished(store: None, search: str) -> None:
    assert "Trieur de factures" in await find(search)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("facutres", "Trieur de factures"),
        ("faktures", "Trieur de factures"),
        ("trieor", "Trieur de factures"),
        ("invioce", "Trieur de factures"),
        ("elevve", "Élève assidu"),
        ("nigth baker", "Night baker"),
        ("métoé", "Météo du port"),
    ],
)
async def test_a_typo_still_finds_the_name(store: None, search: str, found: str) -> None:
    assert (await find(search))[0] == found


async def test_all_words_must_fit(store: None) -> None:
    assert await find("breads marins") == []
    assert await find("recipes breads") == ["Night baker"]


async def test_what_nothing_resembles_finds_nothing(store: None) -> None:
    assert await find("xylophone") == []


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"levels": [AgentLevel.L2]}, ["Night baker"]),
        ({"spheres": ["SCHOLAR", "MY_TEAM"]}, ["Élève assidu", "Boîte à idées"]),
        ({"capabilities": ["planning"]}, ["Night baker", "Météo du port"]),
        ({"capabilities": ["planning", "école"]}, ["Élève assidu", "Night baker", "Météo du port"]),
        ({"price_types": [PriceType.FREE]}, ["Élève assidu", "Boîte à idées"]),
        ({"min_price": 301}, ["Trieur de factures", "Météo du port"]),
        ({"max_price": 300}, ["Élève assidu", "Night baker", "Boîte à idées"]),
        ({"min_price": 900, "max_price": 900}, ["Trieur de factures"]),
        ({"language": "en"}, ["Night baker", "Trieur de factures"]),
        ({"creator": "boutique-nord", "levels": [AgentLevel.L0]}, ["Élève assidu"]),
        ({"creator": "nobody"}, []),
        ({"kinds": [AgentKind.PLATFORM]}, []),
        ({"min_rating": 0.5}, []),
        ({"spheres": ["SCHOLAR"], "price_types": [PriceType.ONE_TIME]}, []),
    ],
    ids=str,
)
async def test_filters_narrow_the_list(
    store: None, wanted: dict[str, object], names: Sequence[str]
) -> None:
    assert await find(**wanted) == list(names)  # type: ignore[arg-type]


async def test_filters_and_words_work_together(store: None) -> None:
    assert await find("plan", price_types=[PriceType.ONE_TIME]) == ["Night baker", "Météo du port"]
    assert await find("plan", spheres=["COMMUNITY"]) == ["Météo du port"]


async def test_typos_are_looked_for_within_the_filter(store: None) -> None:
    """The word matches agents outside the filter; within it, similar ones are better than none."""
    assert await find("facutres", spheres=["BUSINESS"]) == ["Trieur de factures"]
    assert await find("factures", spheres=["SCHOLAR"]) == []


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        (AgentSort.POPULAR, ["Élève assidu", "Night baker", "Trieur de factures"]),
        (AgentSort.PRICE_ASC, ["Élève assidu", "Boîte à idées", "Night baker"]),
        (AgentSort.PRICE_DESC, ["Météo du port", "Trieur de factures", "Night baker"]),
        (AgentSort.NEWEST, ["Boîte à idées", "Météo du port", "Night baker"]),
        (AgentSort.RELEVANCE, ["Élève assidu", "Night baker", "Trieur de factures"]),
    ],
)
async def test_the_order_is_what_was_asked_for(
    store: None, sort: AgentSort, names: list[str]
) -> None:
    found = await find(sort=sort)

    assert found[:3] == names
    assert len(found) == 5


async def test_ratings_are_averages_and_none_comes_last(services: Services) -> None:
    shop = await open_shop()
    await shelve(shop, "Unrated")
    await shelve(shop, "Four stars", rating_sum=40, review_count=10)
    await shelve(shop, "Five stars", rating_sum=5, review_count=1)

    assert await find(sort=AgentSort.RATING) == ["Five stars", "Four stars", "Unrated"]
    assert await find(min_rating=4.0, sort=AgentSort.RATING) == ["Five stars", "Four stars"]
    assert await find(min_rating=4.1) == ["Five stars"]


async def test_a_word_in_the_name_ranks_above_one_in_the_description(services: Services) -> None:
    shop = await open_shop()
    await shelve(shop, "Autre chose", description="Parle de jardinage.", installs=100)
    await shelve(shop, "Jardinage facile")

    assert await find("jardinage") == ["Jardinage facile", "Autre chose"]


@pytest.mark.parametrize("status", [s for s in AgentStatus if s is not AgentStatus.PUBLISHED])
async def test_only_what_is_on_sale_is_found(services: Services, status: AgentStatus) -> None:
    shop = await open_shop()
    await shelve(shop, "Caché", status=status)
    await shelve(shop, "Privé", kind=AgentKind.CUSTOM)

    assert await find() == []
    assert await find("caché") == []
    assert await find("privé") == []


async def test_each_option_says_what_choosing_it_would_show(store: None) -> None:
    facets = await count_facets(AgentQuery(filter=AgentFilter(spheres=["BUSINESS"])))

    spheres = {option.value: option.count for option in facets.spheres}
    assert spheres == {
        "BUSINESS": 1, "SCHOLAR": 1, "PERSONAL": 1, "COMMUNITY": 1, "MY_TEAM": 1,
    }  # fmt: skip
    assert [(option.value, option.count) for option in facets.levels] == [("L1", 1)]
    assert [(option.value, option.count) for option in facets.capabilities] == [("comptabilité", 1)]


async def test_counts_follow_the_search(store: None) -> None:
    facets = await count_facets(AgentQuery("plan"))

    prices = {option.value: option.count for option in facets.price_types}
    capabilities = {option.value: option.count for option in facets.capabilities}
    assert prices == {"ONE_TIME": 2}
    assert capabilities == {"planning": 2, "cooking": 1}


async def test_a_new_name_is_found_at_once_and_the_old_one_no_more(services: Services) -> None:
    agent_id = await shelve(await open_shop(), "Cartographe")

    await put("agent", "name", "Astronome", "id = $2", agent_id)

    assert await find("astronome") == ["Astronome"]
    assert await find("cartographe") == []


INSTALLS = (0, 3, 9, 10, 12, 99, 100, 150, 150, 999, 1000, 2000, 9999, 10_000, 70_000)


@pytest.mark.parametrize("size", [1, 2, 4, 20])
async def test_a_word_by_installs_is_the_whole_list_by_installs(
    services: Services, size: int
) -> None:
    """Forwards and backwards, page by page: words are looked up in ranges of installs."""
    shop = await open_shop()
    for number, installs in enumerate(INSTALLS):
        await shelve(shop, f"Boulanger {number}", tagline="Du pain.", installs=installs)
    await shelve(shop, "Autre chose", installs=500)
    query = AgentQuery("boulanger", sort=AgentSort.POPULAR)

    forth, key = [], None
    while (page := await list_agents(query, PageRequest(size, key))).rows:
        forth += [hit.installs for hit in page.rows]
        key, last = page.rows[-1].key, page
    back = [hit.installs for hit in last.rows]
    while last.has_previous:
        last = await list_agents(query, PageRequest(size, last.rows[0].key, backwards=True))
        back = [hit.installs for hit in last.rows] + back

    assert forth == sorted(INSTALLS, reverse=True)
    assert back == forth


DIRECT = {
    AgentSort.NEWEST: "published_at DESC, id DESC",
    AgentSort.PRICE_ASC: "price, id",
    AgentSort.PRICE_DESC: "price DESC, id DESC",
    AgentSort.RATING: "CASE WHEN review_count = 0 THEN 0 ELSE rating_sum * 1000 / review_count END"
    " DESC, id DESC",
    AgentSort.POPULAR: "installs DESC, id DESC",
}


@pytest.mark.parametrize("looked_at", [1, 7, 4_000])
async def test_words_in_any_order_are_what_the_plain_statement_lists(
    services: Services, monkeypatch: pytest.MonkeyPatch, looked_at: int
) -> None:
    """Rare and frequent words, forwards and backwards, over pages that begin anywhere."""
    monkeypatch.setattr("chenu.agents.first_in_order.LOOKED_AT", looked_at)
    shop, dice = await open_shop(), random.Random(20261130)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(40):
        rare = "astronome" if number % 13 == 0 else "boulanger"
        reviews = dice.randrange(3)
        await shelve(
            shop, f"{rare} {number}", price=dice.choice((0, 900, 900, 4900)),
            installs=dice.choice(INSTALLS), review_count=reviews, rating_sum=reviews * 4,
            published_at=start + timedelta(days=dice.randrange(9)),
        )  # fmt: skip
    for word, sort, size in itertools.product(("astronome", "boulanger"), DIRECT, (1, 3, 50)):
        by = DIRECT[sort]
        sql = f"SELECT name FROM agent WHERE name LIKE $1 ORDER BY {by}"  # noqa: S608 - own text
        wanted = await db.fetch_all(Named, sql, f"{word}%")
        forth, back = await read_both_ways(AgentQuery(word, sort=sort), size)
        assert forth == [each.name for each in wanted], (word, sort, size)
        assert back == forth, (word, sort, size)


class Named(msgspec.Struct):
    name: str


async def read_both_ways(query: AgentQuery, size: int) -> tuple[list[str], list[str]]:
    forth, key = [], None
    while (page := await list_agents(query, PageRequest(size, key))).rows:
        forth += [hit.name for hit in page.rows]
        key, last = page.rows[-1].key, page
    back = [hit.name for hit in last.rows]
    while last.has_previous:
        last = await list_agents(query, PageRequest(size, last.rows[0].key, backwards=True))
        back = [hit.name for hit in last.rows] + back
    return forth, back


CARDS_OWN = ("name", "tagline", "recent_accounts", "updated_on")


@pytest.mark.parametrize("sort", AgentSort)
@pytest.mark.parametrize("search", ["", "planning"])
async def test_cards_say_what_the_agents_say(store: None, sort: AgentSort, search: str) -> None:
    query = AgentQuery(search, sort=sort)
    agents = (await list_agents(query, ALL)).rows
    assert agents

    for locale in LOCALES:
        hits = (await list_cards(query, ALL, locale)).rows
        assert [hit.key for hit in hits] == [agent.key for agent in agents]
        for hit, agent in zip(hits, agents, strict=True):
            card, text = hit.card, agent.text(locale)
            assert (card.name, card.tagline) == (text.name, text.tagline)
            assert card.updated_on == agent.updated_at.date()
            own = [name for name in card.__struct_fields__ if name not in CARDS_OWN]
            assert [getattr(card, name) for name in own] == [getattr(agent, name) for name in own]


@pytest.mark.parametrize("word", ["école", "e\u0301cole", "E\u0301COLE", " École "])
async def test_a_capability_is_found_in_every_spelling(store: None, word: str) -> None:
    assert await find(capabilities=[word]) == ["Élève assidu"]


async def test_a_typo_is_forgiven_in_both_forms(store: None) -> None:
    assert await find("me\u0301tteo\u0301 du pord") == await find("m\u00e9tte\u00f3 du pord")
