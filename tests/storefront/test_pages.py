"""What is true of every page: languages, headers, nothing of strangers, and errors in words."""

import re

import pytest

from chenu.accounts.actor import Staff
from chenu.core import db
from chenu.core.errors import Unavailable
from chenu.core.i18n import LOCALES
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.people import make_published_agent
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import OpenBrowser
from tests.storefront.visitors import make_reader, make_seller

OPEN_PAGES = [
    "/",
    "/agents",
    "/agents?q=factures&sphere=BUSINESS&level=L1&sort=NEWEST",
    "/agents?q=nothing%20fits%20this",
    "/pricing",
    "/pricing?interval=YEAR",
    "/developers",
    "/sign-in",
    "/sign-up",
    "/password/forgot",
    "/email/verify?token=x",
    "/terms",
    "/privacy",
    "/imprint",
]
OWN_PAGES = ["/library", "/account", "/tokens", "/tokens/statement", "/creator/join"]
CREATOR_PAGES = ["/creator", "/creator/agents/new"]
STAFF_PAGES = ["/staff"]
_CSP = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}

_STRUCTURED_DATA = ' type="application/ld+json"'
"""Read by search engines; browsers run nothing of it."""


async def _open_shop(services: Services) -> list[str]:
    """A shop with one agent on sale: its page and its creator's."""
    agent = await make_published_agent(services, await make_seller(services))
    return [f"/agents/{agent.slug}", "/creators/atelier-nord"]


def check_page(seen: Seen, locale: str) -> None:
    """The rules for every page, whatever it shows."""
    page, text = seen.page, seen.response.text
    assert page.find("html")[0].attributes["lang"] == locale
    assert seen.response.headers["content-language"] == locale
    assert len(page.find("h1")) == 1
    assert len(page.find("main")) == 1
    assert seen.title.endswith("· CHE·NU")
    assert len(seen.title) > len("· CHE·NU") + 2
    _check_ids(seen)
    _check_nothing_inline(text)
    _check_nothing_foreign(seen)


def _check_ids(seen: Seen) -> None:
    """Ids are unique; every label, description and error link leads to an element."""
    ids = [e.attributes["id"] for e in seen.page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids)), [i for i in ids if ids.count(i) > 1]
    known = set(ids)
    for element in seen.page.elements:
        for name in ("for", "aria-describedby", "aria-labelledby"):
            for wanted in element.attributes.get(name, "").split():
                assert wanted in known, (element.tag, name, wanted)
        target = element.attributes.get("href", "")
        assert not target.startswith("#") or target[1:] in known, target


def _check_nothing_inline(text: str) -> None:
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert not re.search(r"\shx-on", text)
    assert "<style" not in text
    assert "javascript:" not in text
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL)
    assert [body for kind, body in scripts if kind != _STRUCTURED_DATA and body] == []


def _check_nothing_foreign(seen: Seen) -> None:
    """Everything that the browser loads by itself comes from us."""
    for tag, name in (("script", "src"), ("img", "src"), ("link", "href"), ("source", "src")):
        for element in seen.page.find(tag):
            if element.attributes.get("rel") in ("canonical", "alternate"):
                continue
            if element.attributes.get("type") == "application/ld+json":
                continue
            assert element.attributes[name].startswith("/"), element
            assert not element.attributes[name].startswith("//"), element


def check_headers(seen: Seen, *, private: bool) -> None:
    headers = seen.response.headers
    policy = {part.strip() for part in headers["content-security-policy"].split(";")}
    assert policy >= _CSP
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert ("no-store" in headers["cache-control"]) is private
    assert "Cookie" in headers["vary"]


@pytest.mark.parametrize("locale", LOCALES)
async def test_open_pages_are_whole_for_everybody(
    open_browser: OpenBrowser, services: Services, locale: str
) -> None:
    shop = await _open_shop(services)
    stranger = await open_browser(locale)

    for path in [*OPEN_PAGES, *shop]:
        seen = await stranger.get(path)
        assert seen.status == 200, path
        check_page(seen, locale)
        check_headers(seen, private=False)


@pytest.mark.parametrize("locale", LOCALES)
async def test_pages_are_whole_for_people_who_are_signed_in(
    open_browser: OpenBrowser, services: Services, locale: str
) -> None:
    shop = await _open_shop(services)
    browser = await open_browser(locale)
    browser.become(await make_reader("zoe", TierCode.PRO))
    await db.execute("UPDATE app_user SET locale = $1", locale)

    shared = [page for page in OPEN_PAGES if page not in ("/sign-in", "/sign-up")]
    for path in [*shared, *OWN_PAGES, *shop]:
        seen = await browser.get(path)
        assert seen.status == 200, path
        check_page(seen, locale)
        check_headers(seen, private=True)


@pytest.mark.parametrize("locale", LOCALES)
async def test_desks_are_whole_for_creators_and_reviewers(
    open_browser: OpenBrowser, services: Services, locale: str
) -> None:
    seller = await make_seller(services)
    agent = await make_published_agent(services, seller)
    reviewer = await make_reader("reviewer", staff=(Staff.REVIEWER,))
    await db.execute("UPDATE app_user SET locale = $1", locale)
    browser = (await open_browser()).become(seller)
    desk = (await open_browser()).become(reviewer)

    for path in [*CREATOR_PAGES, f"/creator/agents/{agent.id}", f"/agents/{agent.slug}/manifest"]:
        seen = await browser.get(path)
        assert seen.status == 200, path
        check_page(seen, locale)
        check_headers(seen, private=True)
    for path in [*STAFF_PAGES, f"/staff/agents/{agent.id}"]:
        seen = await desk.get(path)
        assert seen.status == 200, path
        check_page(seen, locale)
        check_headers(seen, private=True)


@pytest.mark.parametrize(
    ("locale", "words"), [("en", "There is nothing here"), ("fr", "Il n’y a rien ici")]
)
async def test_nothing_is_found_in_words(
    open_browser: OpenBrowser, services: Services, locale: str, words: str
) -> None:
    stranger = await open_browser(locale)

    for path in ("/nothing", "/agents/nothing", "/creators/nobody", "/agents/a/b/c", "/%2e%2e/x"):
        seen = await stranger.get(path)
        assert seen.status == 404, path
        assert words in seen.words
        check_page(seen, locale)


async def test_a_page_takes_no_other_methods(browser: Browser) -> None:
    response = await browser.client.request("DELETE", "/agents")

    assert response.status_code == 405
    assert "takes no such request" in response.text


async def test_an_address_with_a_nul_is_refused(browser: Browser) -> None:
    for path in ("/agents/a%00b", "/agents?q=a%00b", "/agents?a%00=b", "/creators/%00"):
        seen = await browser.get(path)
        assert seen.status == 400, path
        assert "cannot be read" in seen.words


async def test_too_large_a_form_is_refused_in_words(browser: Browser) -> None:
    seen = await browser.post("/sign-in", {"email": "a" * 1_100_000})

    assert seen.status == 413
    assert "Nothing was changed" in seen.words


@pytest.mark.parametrize(("locale", "words"), [("en", "on our side"), ("fr", "de notre côté")])
async def test_a_fault_of_ours_is_admitted_and_tells_nothing(
    open_browser: OpenBrowser,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    locale: str,
    words: str,
) -> None:
    stranger = await open_browser(locale)

    async def break_down(*_: object) -> None:
        raise ZeroDivisionError("the secret reason")

    monkeypatch.setattr("storefront.counts.count_facets", break_down)
    seen = await stranger.get("/agents")

    assert seen.status == 500
    assert words in seen.words
    assert "secret reason" not in seen.response.text
    assert seen.response.headers["x-request-id"] in seen.words
    check_page(seen, locale)


@pytest.mark.parametrize(
    ("locale", "words"), [("en", "back in a moment"), ("fr", "dans un instant")]
)
async def test_without_a_database_every_page_says_when_to_come_back(
    open_browser: OpenBrowser,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    locale: str,
    words: str,
) -> None:
    async def be_away(*_: object, **__: object) -> None:
        raise Unavailable("The service is not available right now, please try again")

    for name in ("fetch_all", "find_one", "fetch_value", "execute"):
        monkeypatch.setattr(db, name, be_away)
    stranger = await open_browser(locale)

    for path in ("/", "/agents", "/account", "/terms", "/agents/any"):
        seen = await stranger.get(path)
        assert seen.status == 503, path
        assert words in seen.words
        assert seen.response.headers["retry-after"] == "5"
        check_page(seen, locale)
    style = await stranger.get("/static/site.css")
    assert style.status == 200


async def test_errors_below_the_paths_of_programs_are_json(browser: Browser) -> None:
    for path in ("/static/nothing.css", "/schemas/nothing.json", "/webhooks/nothing"):
        response = (await browser.get(path)).response
        assert response.status_code == 404
        assert response.json()["error"]["code"] == "NOT_FOUND"


async def test_a_bad_key_gets_no_page_and_no_endless_way_round(browser: Browser) -> None:
    seen = await browser.get("/sign-in", authorization="Bearer chenu_live_nothing")

    assert seen.status == 401
    assert "not valid" in seen.words
