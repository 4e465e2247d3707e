"""What the search's page says of an address that makes no sense, and of a search without a word."""

import re
from urllib.parse import urlencode

import pytest

from chenu.flows.services import Services
from storefront.routes import store
from tests.agents.shelf import open_shop, shelve
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import OpenBrowser


def names(seen: Seen) -> list[str]:
    """The agents of the list."""
    return [link.text for link in seen.page.find("a", class_="cover")]


@pytest.fixture
async def shelf(services: Services) -> None:
    shop = await open_shop("atelier")
    for name, price in (("Trieur de factures", 900), ("Relecteur", 1200), ("Carnet", 0)):
        await shelve(shop, name, price=price)
    await shelve(shop, "Veille", price=300, sphere="SCHOLAR", tagline="Works with GPT-4 and R&D.")


@pytest.mark.parametrize(
    ("elsewhere", "beginning"),
    [
        ("/agents?sort=NEWEST&", "/agents?sort=NEWEST"),
        ("/agents?q=factures&", "/agents?q=factures"),
        ("/agents?sort=PRICE_ASC&level=L1&", "/agents?sort=PRICE_ASC&level=L1"),
        ("/agents?", "/agents"),
        ("/creators/atelier-nord?", "/creators/atelier-nord"),
    ],
)
@pytest.mark.parametrize("side", ["after", "before"])
async def test_a_cursor_of_another_list_leads_to_the_beginning_of_this_one(
    browser: Browser,
    shelf: None,
    monkeypatch: pytest.MonkeyPatch,
    side: str,
    elsewhere: str,
    beginning: str,
) -> None:
    monkeypatch.setattr(store, "PAGE_SIZE", 3)
    first = await browser.get("/agents?sort=PRICE_ASC")
    [link] = first.page.find("a", rel="next")
    cursor = link.attributes["href"].partition("after=")[2]

    seen = await browser.get(f"{elsewhere}{side}={cursor}")
    onward = await browser.get(beginning)

    assert seen.status == 400
    assert seen.title.startswith("This page of the list is not there any more")
    assert beginning in seen.links()
    assert onward.status == 200


CROSSED = ["min=20&max=5", "min=5,01&max=5", "min=9.00&max=0", "max=1&min=2", "min=9999999&max=1"]


@pytest.mark.parametrize("query", CROSSED)
@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", "The lowest price is above the highest"),
        ("fr", "Le prix minimal dépasse le prix maximal"),
    ],
)
async def test_prices_the_wrong_way_round_are_reported(
    open_browser: OpenBrowser, shelf: None, query: str, locale: str, words: str
) -> None:
    browser = await open_browser(locale)

    seen = await browser.get(f"/agents?{query}&sphere=SCHOLAR")

    assert seen.status == 422
    assert seen.page.errors() == [words]
    assert names(seen) == ["Veille"]
    [control] = seen.page.find("input", id="search-min")
    assert control.attributes["aria-invalid"] == "true"
    assert "/agents" in seen.links()


@pytest.mark.parametrize("query", ["min=5&max=5", "min=5", "max=5", "min=&max=5", "min=0&max=9"])
async def test_prices_the_right_way_round_are_no_mistake(
    browser: Browser, shelf: None, query: str
) -> None:
    seen = await browser.get(f"/agents?{query}")

    assert seen.status == 200
    assert seen.page.errors() == []


@pytest.mark.parametrize(
    "query",
    [
        "min=-1", "max=1e3", "min=NaN", "max=9.999", "min=99999999", "min=%F0%9F%A4%96", "max=٣",
        "sort=newest;", "level=", "level=L9", "kind=CUSTOM", "language=de", "sphere=business",
    ],
)  # fmt: skip
async def test_a_filter_that_makes_no_sense_is_reported_and_the_others_count(
    browser: Browser, shelf: None, query: str
) -> None:
    seen = await browser.get(f"/agents?{query}&price=FREE")

    is_empty = query == "level="
    assert seen.status == (200 if is_empty else 422)
    assert bool(seen.page.errors()) is not is_empty
    assert names(seen) == ["Carnet"]


@pytest.mark.parametrize("typed", ["🤖", "!!!", "&", "…", "'", "\u200b", "🤖 !!!", "?", "、"])
async def test_a_search_without_a_word_leads_on(browser: Browser, shelf: None, typed: str) -> None:
    seen = await browser.get(f"/agents?{urlencode({'q': typed})}")

    assert seen.status == 200
    assert names(seen) == []
    assert "0 agents" in seen.words
    assert "No agent fits" in seen.words
    assert "/agents?sphere=BUSINESS" in seen.links()
    assert not seen.page.find("a", rel="next")


@pytest.mark.parametrize("typed", ["", " ", "\u3000", "\t "])
async def test_white_space_is_no_search(browser: Browser, shelf: None, typed: str) -> None:
    seen = await browser.get(f"/agents?{urlencode({'q': typed})}")

    assert len(names(seen)) == 4


@pytest.mark.parametrize("typed", ["GPT-4", "gpt 4", "R&D", "🤖 gpt-4"])
async def test_names_are_found_as_they_are_written(
    browser: Browser, shelf: None, typed: str
) -> None:
    seen = await browser.get(f"/agents?{urlencode({'q': typed})}")

    assert names(seen) == ["Veille"]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("q=factures", "Agents for “factures” · CHE·NU"),
        ("q=%3C/title%3E%3Cb%3E", "Agents for “</title><b>” · CHE·NU"),
        ("q=", "Agents · CHE·NU"),
        ("sphere=SCHOLAR", "Agents · CHE·NU"),
        ("q=xylophone", "Agents for “xylophone” · CHE·NU"),
    ],
)
async def test_a_live_search_has_the_title_of_the_page(
    browser: Browser, shelf: None, query: str, title: str
) -> None:
    """htmx 4 takes it out of the fragment's head."""
    part = await browser.get(f"/agents?{query}", hx_request="true", hx_request_type="partial")
    whole = await browser.get(f"/agents?{query}")

    assert re.match(r"\s*<title>[^<]*</title>", part.response.text)
    assert part.title == whole.title == title
