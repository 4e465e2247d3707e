"""Browsing: search, filters, pages of results, the agent's page and the creator's."""

import msgspec
import pytest
from msgspec.structs import replace

from chenu.accounts.actor import Staff
from chenu.agents.listing import ListingFields
from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.flows.creators.edit_agent import create_agent, update_agent
from chenu.flows.creators.review_agent import archive_agent, decide_review, submit_agent
from chenu.flows.services import Services
from storefront.routes import store
from tests.people import Person, agent_input, get_agent, make_published_agent
from tests.storefront.browser import Browser, Seen
from tests.storefront.visitors import make_reader, make_seller


def names(seen: Seen) -> list[str]:
    """The agents on the page, in order."""
    return [link.text for link in seen.page.find("a", class_="cover")]


async def _publish(
    seller: Person, reviewer: Person, name: str, price: int, sphere: str
) -> AgentRow:
    request = agent_input(price=price, name=name)
    fields = replace(request.fields, sphere=sphere, tagline=f"{name} pour vous.", description=name)
    agent_id = await create_agent(seller.actor, msgspec.structs.replace(request, fields=fields))
    await submit_agent(seller.actor, agent_id)
    await decide_review(reviewer.actor, agent_id, approve=True, reason=None)
    return await get_agent(agent_id)


@pytest.fixture
async def shelf(services: Services) -> list[AgentRow]:
    """Four agents of one creator: two spheres, free and paid."""
    seller = await make_seller(services)
    reviewer = await make_reader("reviewer", staff=(Staff.REVIEWER,))
    return [
        await _publish(seller, reviewer, "Trieur de factures", 900, "BUSINESS"),
        await _publish(seller, reviewer, "Relecteur de baux", 1200, "BUSINESS"),
        await _publish(seller, reviewer, "Carnet de lecture", 0, "SCHOLAR"),
        await _publish(seller, reviewer, "Veille scientifique", 300, "SCHOLAR"),
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=factures", {"Trieur de factures"}),
        ("q=FACTURE", {"Trieur de factures"}),
        ("q=relect", {"Relecteur de baux"}),
        ("q=facttures", {"Trieur de factures"}),
        ("q=scientifik", {"Veille scientifique"}),
        ("sphere=SCHOLAR", {"Carnet de lecture", "Veille scientifique"}),
        ("price=FREE", {"Carnet de lecture"}),
        ("price=ONE_TIME&sphere=SCHOLAR", {"Veille scientifique"}),
        ("min=9", {"Trieur de factures", "Relecteur de baux"}),
        ("max=3,00", {"Carnet de lecture", "Veille scientifique"}),
        ("min=4&max=9.00", {"Trieur de factures"}),
        ("language=en", set()),
        ("capability=invoices&sphere=BUSINESS", {"Trieur de factures", "Relecteur de baux"}),
        ("level=L3", set()),
        ("kind=PLATFORM", set()),
    ],
)
async def test_the_address_says_what_is_found(
    browser: Browser, shelf: list[AgentRow], query: str, found: set[str]
) -> None:
    seen = await browser.get(f"/agents?{query}")

    assert set(names(seen)) == found
    shown = "1 agent" if len(found) == 1 else f"{len(found)} agents"
    assert seen.page.find("p", id="found-count")[0].text.strip() == shown


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("PRICE_ASC", "Carnet de lecture"),
        ("PRICE_DESC", "Relecteur de baux"),
        ("NEWEST", "Veille scientifique"),
    ],
)
async def test_the_list_is_sorted_as_asked(
    browser: Browser, shelf: list[AgentRow], sort: str, first: str
) -> None:
    seen = await browser.get(f"/agents?sort={sort}")

    assert names(seen)[0] == first
    assert ("sort", sort) in seen.form("/agents").fields


async def test_the_form_searches_without_javascript(
    browser: Browser, shelf: list[AgentRow]
) -> None:
    page = await browser.get("/agents?sphere=BUSINESS")
    form = page.form("/agents")

    assert form.method == "get"
    assert ("sphere", "BUSINESS") in form.fields
    assert {"q", "min", "max", "sort", "sphere", "price", "level"} <= form.names()


async def test_options_say_how_many_agents_they_would_show(
    browser: Browser, shelf: list[AgentRow]
) -> None:
    seen = await browser.get("/agents?sphere=SCHOLAR")

    options = [" ".join(o.text.split()) for o in seen.page.find("label", class_="option")]
    assert "Business , 2" in options
    assert "Scholar , 2" in options
    assert "Paid once , 1" in options
    assert "Free or included , 1" in options


async def test_each_filter_can_be_taken_away_and_all_at_once(
    browser: Browser, shelf: list[AgentRow]
) -> None:
    seen = await browser.get("/agents?q=e&sphere=SCHOLAR&price=FREE&max=3")

    links = seen.links()
    assert "/agents?q=e&max=3&price=FREE" in links
    assert "/agents?q=e&max=3&sphere=SCHOLAR" in links
    assert "/agents?q=e&sphere=SCHOLAR&price=FREE" in links
    assert "/agents?q=e" in links


async def test_nothing_found_says_what_to_do_next(browser: Browser, shelf: list[AgentRow]) -> None:
    seen = await browser.get("/agents?q=xyzzyx&level=L3")

    assert "No agent fits" in seen.words
    assert "/agents?sphere=BUSINESS" in seen.links()


@pytest.mark.parametrize(
    ("query", "field"),
    [("min=cheap", "min"), ("max=9.9", "max"), ("q=" + "a" * 201, "q")],
)
async def test_what_cannot_be_meant_is_reported_beside_its_field(
    browser: Browser, shelf: list[AgentRow], query: str, field: str
) -> None:
    seen = await browser.get(f"/agents?{query}")

    assert seen.status == 422
    assert f"#search-{field}" in seen.links()
    [control] = seen.page.find("input", id=f"search-{field}")
    assert control.attributes["aria-invalid"] == "true"


@pytest.mark.parametrize(
    "query", ["sphere=MOON", "level=L7", "sort=CHEAP", "price=LEASE", "rising=2"]
)
async def test_options_that_do_not_exist_are_reported(
    browser: Browser, shelf: list[AgentRow], query: str
) -> None:
    seen = await browser.get(f"/agents?{query}")

    assert seen.status == 422
    assert seen.page.errors() == ["The address names an option that does not exist"]
    assert len(names(seen)) == 4


async def test_pages_of_results_follow_each_other_without_gaps(
    browser: Browser, shelf: list[AgentRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PAGE_SIZE", 3)
    first = await browser.get("/agents?sort=PRICE_ASC")
    [link] = first.page.find("a", rel="next")

    second = await browser.get(link.attributes["href"])
    [back] = second.page.find("a", rel="prev")
    again = await browser.get(back.attributes["href"])

    assert "sort=PRICE_ASC" in link.attributes["href"]
    assert len(names(first)) == 3
    assert len(set(names(first) + names(second))) == 4
    assert names(again) == names(first)
    assert not second.page.find("a", rel="next")


@pytest.mark.parametrize("cursor", ["nonsense", "AAAA", "é", "%20", "a" * 500])
async def test_a_made_up_cursor_is_refused(browser: Browser, cursor: str) -> None:
    seen = await browser.get(f"/agents?after={cursor}")

    assert seen.status == 400


async def test_htmx_is_given_the_part_that_changes(browser: Browser, shelf: list[AgentRow]) -> None:
    seen = await browser.get(
        "/agents?q=factures&min=&max=&sort=RELEVANCE",
        hx_request="true",
        hx_request_type="partial",
    )

    assert names(seen) == ["Trieur de factures"]
    assert "<html" not in seen.response.text
    assert seen.page.find("p", id="found-count")[0].text.strip() == "1 agent"
    assert seen.page.find("div", id="facets")[0].attributes["hx-swap-oob"] == "innerHTML"
    assert seen.response.headers["hx-replace-url"] == "/agents?q=factures"


async def test_htmx_is_reported_of_a_mistake_without_losing_the_page(
    browser: Browser, shelf: list[AgentRow]
) -> None:
    seen = await browser.get("/agents?min=x", hx_request="true", hx_request_type="partial")

    assert seen.status == 200
    assert seen.page.errors() == ["Please enter an amount in euros such as 9.00 or 9,00"]


async def test_an_error_for_htmx_takes_the_place_of_the_page(browser: Browser) -> None:
    seen = await browser.get("/agents?after=x", hx_request="true", hx_request_type="partial")

    assert seen.status == 400
    assert seen.response.headers["hx-retarget"] == "#main"
    assert seen.response.headers["hx-reselect"] == "#main"


async def test_a_search_s_words_never_become_html(browser: Browser) -> None:
    seen = await browser.get("/agents?q=%3Cscript%3Ealert(1)%3C/script%3E%22")

    assert "<script>alert" not in seen.response.text
    assert dict(seen.form("/agents").fields)["q"] == '<script>alert(1)</script>"'


async def test_the_first_page_leads_into_the_store(browser: Browser, shelf: list[AgentRow]) -> None:
    seen = await browser.get("/")

    assert "4 agents, each read" in seen.words
    assert {"Trieur de factures", "Veille scientifique"} <= set(names(seen))
    assert "/agents?sphere=SCHOLAR" in seen.links()
    assert seen.has_form("/agents")


async def test_a_creator_s_page_shows_what_they_sell(
    browser: Browser, shelf: list[AgentRow]
) -> None:
    seen = await browser.get("/creators/atelier-nord")

    assert len(names(seen)) == 4
    assert "4 agents" in seen.words


async def test_only_those_concerned_see_what_is_not_on_sale(
    browser: Browser, services: Services
) -> None:
    seller = await make_seller(services)
    agent = await make_published_agent(services, seller)
    await archive_agent(seller.actor, agent.id)

    stranger = await browser.get(f"/agents/{agent.slug}")
    own = await browser.become(seller).get(f"/agents/{agent.slug}")

    assert stranger.status == 404
    assert own.status == 200
    assert names(await browser.get("/agents")) == []


async def test_what_creators_write_is_shown_harmless(browser: Browser, services: Services) -> None:
    seller = await make_seller(services)
    request = agent_input(name='<img src=x onerror="alert(1)">')
    agent_id = await create_agent(seller.actor, request)
    evil = "<script>alert(1)</script> [a](javascript:alert(1)) ![i](https://evil.example/i.png)"
    fields = ListingFields(description=evil, tagline='"><b>', capabilities=['"><i>'])
    await update_agent(seller.actor, agent_id, fields, None)
    agent = await get_agent(agent_id)
    await db.execute("UPDATE agent SET status = 'PUBLISHED' WHERE id = $1", agent_id)

    for path in (f"/agents/{agent.slug}", "/agents", "/"):
        text = (await browser.get(path)).response.text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert 'href="javascript' not in text
        assert '"><b>' not in text
        assert '"><i>' not in text
