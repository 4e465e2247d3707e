"""Names of products, versions and places are found as written, before similar ones.

PostgreSQL splits the indexed texts and Python the search text: both by the same rules.
"""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chenu.agents.facets import count_facets
from chenu.agents.search import count_agents, list_agents
from chenu.agents.search_query import AgentQuery, AgentSort
from chenu.agents.search_words import (
    matching,
    matching_exactly,
    matching_wholly,
    read_words,
    spell,
)
from chenu.core import db
from chenu.core.paging import PageRequest
from chenu.flows.services import Services
from tests.agents.shelf import open_shop, shelve
from tests.faults.counts import runs

NAMES = [
    "GPT-4", "GPT-4o", "gpt-4.1-mini", "R&D", "C++", "C++17", "C#", "F#", ".NET", "ASP.NET",
    "Node.js", "Next.js/React", "v2.1.3", "3.5", "TCP/IP", "CI/CD", "A/B", "I/O", "I.T.",
    "Saint-Étienne", "Aix-en-Provence", "e-mail", "l'Île-d'Yeu", "L’Haÿ-les-Roses", "AT&T", "K8s",
    "H2O", "user@host.example", "https://example.org/a?b=c", "covid-19", "24/7", "co-op",
    "O'Reilly", "McDonald's", "Notepad++", "Disney+", "ISO/IEC-27001:2022", "U.S.A.", "S&P500",
    "snake_case", "日本語", "Москва-2", "1.2.3.4", "M&M's", "objective-C", "text2speech", "n8n",
    "Windows-11", "RTX 4090", "x86_64", "Wi-Fi", "B2B/B2C", "P&L", "Q&A", "10%", "50€",
]  # fmt: skip


async def find(search: str, sort: AgentSort = AgentSort.RELEVANCE) -> list[str]:
    asked = AgentQuery(search, sort=sort)
    found = [hit.name for hit in (await list_agents(asked, PageRequest(100))).rows]
    assert await count_agents(asked) == len(found)
    assert (await count_facets(asked)).total == len(found)
    return found


def agent_for(name: str) -> str:
    """An agent's name that has no word in common with the others."""
    high, low = divmod(NAMES.index(name), 26)
    return f"Xyq{chr(97 + high)}{chr(97 + low)}"


@pytest.fixture
async def store(services: Services) -> None:
    """One agent for each name, in its tagline; the parts apart where many have installed it."""
    shop = await open_shop()
    for name in NAMES:
        await shelve(shop, agent_for(name), tagline=f"Works with {name} and teams of all kinds.")
    parts = " et ".join(re.findall(r"\w+", " ".join(NAMES)))
    await shelve(shop, "Decoy", tagline="De tout.", description=parts, installs=90_000)


async def test_every_name_is_found_first_as_it_is_written(store: None) -> None:
    first = {name: (await find(name))[0] for name in NAMES}

    assert first == {name: agent_for(name) for name in NAMES}


@pytest.mark.parametrize("form", ["{}", "({}),", "« {} »", "teams {}", "{}…"])
async def test_every_name_is_found_among_other_signs_and_in_either_case(
    store: None, form: str
) -> None:
    missed = {
        typed
        for name in NAMES
        for typed in (form.format(name), form.format(name.lower()), form.format(name.upper()))
        if agent_for(name) not in await find(typed)
    }

    assert missed == set()


TYPED = [
    ("gpt-", "GPT-4"), ("gpt 4", "GPT-4"), ("GPT4", "GPT-4"), ("gpt–4", "GPT-4"),
    ("GPT‑4", "GPT-4"), ("gpt-4.", "gpt-4.1-mini"), ("gpt-4.1", "gpt-4.1-mini"),
    ("4.1-mini", "gpt-4.1-mini"), ("Node.j", "Node.js"), ("nodejs", "Node.js"),
    ("node js", "Node.js"), ("React", "Next.js/React"), ("next.js", "Next.js/React"),
    ("c+", "C++"), ("dotnet", ".NET"), (".NET", "ASP.NET"), ("csharp", "C#"),
    ("saint etienne", "Saint-Étienne"), ("SAINT-ETIENNE", "Saint-Étienne"),
    ("saint-é", "Saint-Étienne"), ("email", "e-mail"), ("ile d'yeu", "l'Île-d'Yeu"),
    ("Île d’Yeu", "l'Île-d'Yeu"), ("27001", "ISO/IEC-27001:2022"), ("USA", "U.S.A."),
    ("iso/iec", "ISO/IEC-27001:2022"), ("notepad", "Notepad++"), ("disney", "Disney+"),
    ("example.org", "https://example.org/a?b=c"), ("host.example", "user@host.example"),
    ("H₂O", "H2O"), ("ＧＰＴ－４", "GPT-4"), ("wifi", "Wi-Fi"), ("oreilly", "O'Reilly"),
    ("mcdonald", "McDonald's"), ("mcdonalds", "McDonald's"), ("coop", "co-op"),
    ("covid19", "covid-19"), ("covid 19", "covid-19"), ("日本", "日本語"), ("本語", "日本語"),
    ("co\u00adop", "co-op"), ("2.1", "v2.1.3"), ("v2.1", "v2.1.3"), ("K8", "K8s"),
    ("windows 1", "Windows-11"), ("rd", "R&D"),
]  # fmt: skip


async def test_a_name_is_found_however_it_is_typed(store: None) -> None:
    missed = [(typed, name) for typed, name in TYPED if agent_for(name) not in await find(typed)]

    assert missed == []


@pytest.mark.parametrize(
    ("typed", "other"),
    [("3.5", "35 agents"), ("1.2.3", "12.3"), ("C++", "C"), ("C#", "C"), (".NET", "Un prix net"),
     ("A/B", "B2B"), ("R&D", "R"), ("24/7", "247"), ("C++", "C#")],
)  # fmt: skip
async def test_what_only_looks_alike_is_not_found(
    services: Services, typed: str, other: str
) -> None:
    await shelve(await open_shop(), "Sans nom", tagline=f"Avec {other} pour tous.")

    assert await find(typed) == []


async def test_an_agent_of_that_very_name_comes_before_every_text(services: Services) -> None:
    shop = await open_shop()
    for number in range(3):
        text = "Notion Notion Notion GPT-4 GPT-4"
        await shelve(shop, f"Autre {number}", tagline=text, description=text, installs=500)
    await shelve(shop, "Notion")
    await shelve(shop, "GPT-4", tagline="Autre chose.")
    await shelve(shop, "GPT-4o", tagline="Autre chose.", installs=9000)
    await shelve(shop, "Pour GPT-4o", tagline="Autre chose.", installs=9000)

    assert (await find("notion"))[0] == "Notion"
    assert (await find("gpt-4"))[0] == "GPT-4"
    assert (await find("gpt-4o"))[0] == "GPT-4o"
    assert set((await find("GPT-4"))[-2:]) == {"GPT-4o", "Pour GPT-4o"}


WORDLESS = [
    "🤖", "!!!", "&", "…", "'", "\u200b", "\u00ad", "\ufeff", "\u2060\u200d", "🤖🤖🤖", "👩‍🚀",
    "«»", "???", "--", "_", "+++", "#", "€", "。、", "\u0301", "\u202e", "<>", "|", "*", "%", "™",
    "\x00", "\ud800", "(", "🤖 !!!",
]  # fmt: skip


@pytest.mark.parametrize("search", WORDLESS, ids=ascii)
@pytest.mark.parametrize("sort", AgentSort)
async def test_a_search_without_a_word_finds_nothing(
    services: Services, search: str, sort: AgentSort
) -> None:
    shop = await open_shop()
    await shelve(shop, "Un 🤖 agent !!!", capabilities=("tri",))

    assert await find(search, sort) == []
    facets = await count_facets(AgentQuery(search, sort=sort))
    assert {facets.levels, facets.spheres, facets.capabilities, facets.kinds} == {()}


@pytest.mark.parametrize("search", ["", " ", "\t\n", "\u00a0", "\u2003\u3000"], ids=ascii)
async def test_white_space_is_no_search(services: Services, search: str) -> None:
    await shelve(await open_shop(), "Un agent")

    assert await find(search) == ["Un agent"]


@pytest.mark.parametrize("search", ["🤖 agent", "agent🤖", "!!! agent ???", "“agent”", "＃agent"])
async def test_words_among_signs_are_what_is_searched(services: Services, search: str) -> None:
    shop = await open_shop()
    await shelve(shop, "Un agent")
    await shelve(shop, "Autre chose")

    assert await find(search) == ["Un agent"]


LETTERS = st.text(
    st.one_of(
        st.sampled_from("aAbBéÉ459 .-&+#'’/_@:,;!cdjlsStquIzτ漢字か²ﬁ½™\u00ad\u200d\u00a0—…🤖İß"),
        st.characters(blacklist_categories=("Cs", "Cn"), blacklist_characters="\x00"),
    ),
    max_size=40,
)
SAME_RULES = settings(
    max_examples=runs(5000),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@SAME_RULES
@given(text=LETTERS)
async def test_postgresql_spells_as_python_does(services: Services, text: str) -> None:
    assert await db.fetch_value("SELECT search_spelling($1)", text) == spell(text)


@SAME_RULES
@given(text=LETTERS)
async def test_every_word_of_a_text_finds_the_text(services: Services, text: str) -> None:
    """Stop words aside, which are in no index."""
    sql = """
        SELECT numnode(q.query) = 0 OR to_tsvector('public.chenu_en', search_words($1)) @@ q.query
        FROM (SELECT to_tsquery('public.chenu_en', $2) AS query) q
    """
    for typed in [text, *spell(text).split(" ")]:
        words = read_words(typed)
        queries = (
            (matching(words), matching_exactly(words), matching_wholly(words)) if words else ()
        )
        for query in queries:
            assert await db.fetch_value(sql, text, query), (typed, query)
