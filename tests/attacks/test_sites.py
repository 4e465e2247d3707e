"""Sites of brands: no word of ours on theirs, no word of theirs on ours or on each other's.

Cookies, forms, redirects, links and caches are of the host that was asked.
"""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from chenu.accounts.actor import AccountRole
from chenu.accounts.request_context import session_cookie_name
from chenu.agents.rows import AgentRow
from chenu.app import create_app
from chenu.branding.model import BrandInput
from chenu.branding.sites import find_site_of
from chenu.core import db
from chenu.core.site import OUR_NAME, showing
from chenu.flows.branding.edit import set_brand, set_picture
from chenu.flows.purchases.buy_agent import BuyAgentInput, buy_agent
from chenu.flows.return_urls import is_return_url
from chenu.flows.services import Services
from chenu.media.pictures import PictureUse
from tests.attacks.cast import gather_cast
from tests.attacks.pages import ROUTES, ask, csrf_of, session_headers
from tests.attacks.world import build_world
from tests.branding.branded import ACME, PORT, Branded, client_on, make_branded
from tests.conftest import with_settings
from tests.media.drawn import png
from tests.people import (
    PASSWORD,
    make_creator,
    make_member,
    make_person,
    make_published_agent,
)

OTHER = "hub.borealis.example-corp.com"
OURS = "127.0.0.1"
_NAMES_THE_SELLER = re.compile(r"/(terms|privacy|imprint|account/withdraw)\b")
"""Pages of law, which name who sells."""
_SELLER = re.compile(r'<p class="[^"]*seller[^"]*">.*?</p>|<dt class="seller">.*?</dt>', re.DOTALL)
_OUR_SIGNS = re.compile(r"CHE(?:<b>)?·(?:</b>)?NU")


@dataclass(frozen=True)
class Sites:
    ours: httpx.AsyncClient
    acme: httpx.AsyncClient
    other: httpx.AsyncClient
    brands: tuple[Branded, Branded]


async def _open_sites(application: Any, stack: AsyncExitStack) -> Sites:
    acme = await make_branded(locale="en")
    borealis = await make_branded("Borealis & Cie", OTHER, accent_light="#004080", locale="fr")
    hosts = (OURS, ACME, OTHER)
    ours, theirs, others = [
        await stack.enter_async_context(client_on(application, host)) for host in hosts
    ]
    return Sites(ours, theirs, others, (acme, borealis))


@pytest.fixture
async def sites(services: Services, application: Any) -> AsyncIterator[Sites]:
    async with AsyncExitStack() as stack:
        yield await _open_sites(application, stack)


async def test_no_page_of_a_brand_has_a_word_of_ours(
    client: httpx.AsyncClient, services: Services, application: Any
) -> None:
    cast = await gather_cast(services, client)
    world = await build_world(services, cast)
    acme = await make_branded()
    await set_picture(services, acme.owner.actor, PictureUse.LOGO, png(600, 90))
    visitors = [
        {"accept-language": "fr"},
        {"accept-language": "en"},
        session_headers(services, cast.buyer),
        session_headers(services, acme.owner),
    ]
    found, seen = [], 0

    async with client_on(application, ACME) as http:
        for route in [route for route in ROUTES if route.method == "GET"]:
            for headers in visitors:
                answer = await ask(http, route, world, headers)
                seen += answer.status_code == 200
                found += [f"{route}: {each}" for each in _ours_in(answer, route.url(world))]
        for path in ("/graphql/explorer", "/static/explorer.js"):
            answer = await http.get(path)
            found += [f"{path}: {each.group()}" for each in _OUR_SIGNS.finditer(answer.text)]

    assert seen > 120
    assert sorted(set(found)) == []


def _ours_in(answer: httpx.Response, url: str) -> list[str]:
    """What surrounds our name, where the law does not want it."""
    if not answer.headers.get("content-type", "").startswith("text/") or "/static/" in url:
        return []
    if _NAMES_THE_SELLER.match(url):
        return []
    text = _SELLER.sub("", answer.text)
    hits = [text[max(0, hit.start() - 50) : hit.end() + 30] for hit in _OUR_SIGNS.finditer(text)]
    hits += ["127.0.0.1:8000"] if "127.0.0.1:8000" in answer.text else []
    hits += ["location"] if "127.0.0.1" in answer.headers.get("location", "") else []
    return hits


@pytest.mark.parametrize("cache_seconds", [0, 1])
async def test_no_brand_leaks_into_the_answers_of_another_host(
    services: Services, cache_seconds: float
) -> None:
    """With the caches of a process, whoever asks first."""
    maker, _ = await make_creator(services)
    agent = await make_published_agent(services, maker)
    marks = {"ours": _OUR_SIGNS, "acme": re.compile("Acme|acme"), "other": re.compile("Borealis")}
    paths = ["/", "/agents", f"/agents/{agent.slug}", "/pricing", "/developers", "/nowhere"]
    paths += ["/sign-in", "/robots.txt", "/favicon.svg"]
    leaks = []

    async with AsyncExitStack() as stack:
        application = create_app(with_settings(services, cache_seconds=cache_seconds))
        sites = await _open_sites(application, stack)
        for path in paths:
            for name in ("acme", "ours", "other", "acme", "ours"):
                answer = await getattr(sites, name).get(path, headers={"accept-language": "en"})
                foreign = [other for other in marks if other != name]
                leaks += [
                    (name, path, other) for other in foreign if marks[other].search(answer.text)
                ]
                if answer.headers["content-type"].startswith("text/html"):
                    assert marks[name].search(answer.text), (name, path)

    assert leaks == []


async def test_programs_get_what_their_host_shows(services: Services) -> None:
    """POST /graphql is cached as well: its answers have absolute URLs and lists of agents."""
    maker, _ = await make_creator(services)
    chosen = await make_published_agent(services, maker, name="Choisi")
    await make_published_agent(services, maker, name="Autre")
    body = {"query": "{ agents(first: 5) { edges { node { name iconUrl } } } }"}

    async with AsyncExitStack() as stack:
        application = create_app(with_settings(services, cache_seconds=1))
        sites = await _open_sites(application, stack)
        await set_brand(sites.brands[0].owner.actor, BrandInput(agents=[chosen.id]))
        answers = {}
        for name in ("acme", "ours", "other", "acme"):
            answer = await getattr(sites, name).post("/graphql", json=body)
            answers[name] = answer.json()["data"]["agents"]["edges"]

    assert [edge["node"]["name"] for edge in answers["acme"]] == ["Choisi"]
    assert len(answers["ours"]) == len(answers["other"]) == 2
    assert answers["acme"][0]["node"]["iconUrl"].startswith(sites.brands[0].origin)
    assert answers["ours"][0]["node"]["iconUrl"].startswith("http://127.0.0.1:8000/")


@pytest.fixture
async def two_agents(services: Services) -> tuple[AgentRow, AgentRow]:
    maker, _ = await make_creator(services)
    return (
        await make_published_agent(services, maker, price=0, name="Choisi"),
        await make_published_agent(services, maker, price=0, name="Autre"),
    )


async def test_a_site_shows_only_the_agents_that_it_allows(
    services: Services, sites: Sites, two_agents: tuple[AgentRow, AgentRow]
) -> None:
    chosen, other = two_agents
    await set_brand(sites.brands[0].owner.actor, BrandInput(agents=[chosen.id]))

    pages = [await sites.acme.get(path) for path in ("/", "/agents", "/agents?q=Autre")]
    agents = [await sites.acme.get(f"/agents/{agent.slug}") for agent in two_agents]

    assert all(f"/agents/{other.slug}" not in page.text for page in pages)
    assert f"/agents/{chosen.slug}" in pages[1].text
    assert [agent.status_code for agent in agents] == [200, 404]
    assert (await sites.ours.get(f"/agents/{other.slug}")).status_code == 200


async def test_people_get_for_the_account_only_what_it_allows_on_any_host(
    services: Services, sites: Sites, two_agents: tuple[AgentRow, AgentRow]
) -> None:
    chosen, other = two_agents
    acme = sites.brands[0]
    await set_brand(acme.owner.actor, BrandInput(agents=[chosen.id]))
    await db.execute("UPDATE account SET seats = 5 WHERE id = $1", acme.account_id)
    member = await make_member(acme.owner, "colleague", AccountRole.MEMBER)

    with pytest.raises(Exception, match="its owner has chosen"):
        await buy_agent(services, member.actor, BuyAgentInput(other.id, 0, True, "fr"), "a")
    bought = await buy_agent(services, member.actor, BuyAgentInput(chosen.id, 0, True, "fr"), "b")

    assert bought.agent_id == chosen.id


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8000", f"http://{OTHER}:{PORT}", "null"])
async def test_a_form_must_come_from_the_host_that_it_is_sent_to(
    services: Services, sites: Sites, origin: str
) -> None:
    acme = sites.brands[0]
    headers = {**session_headers(services, acme.owner), "origin": origin}
    form = {"csrf_token": csrf_of(services, acme.owner), "name": "Taken over"}

    refused = await sites.acme.post("/account/brand", data=form, headers=headers)
    own = await sites.acme.post(
        "/account/brand", data=form, headers={**headers, "origin": acme.origin}
    )

    assert (refused.status_code, own.status_code) == (403, 303)


async def test_signing_in_stays_on_its_host(services: Services, sites: Sites) -> None:
    person = await make_person("walker")
    form = {"email": person.email, "password": PASSWORD, "next": "/library"}

    answer = await sites.acme.post("/sign-in", data=form)
    sites.acme.cookies.clear()
    elsewhere = await sites.acme.post("/sign-in", data={**form, "next": "//evil.example"})
    cookies = answer.headers.get_list("set-cookie")

    assert (answer.status_code, answer.headers["location"]) == (303, "/library")
    assert "evil" not in elsewhere.headers["location"]
    assert any(cookie.startswith(session_cookie_name(services.settings)) for cookie in cookies)
    assert not any("domain=" in cookie.lower() for cookie in cookies)


async def test_payment_pages_lead_back_to_the_host_that_was_asked(
    services: Services, sites: Sites
) -> None:
    site = await _site_of(services, sites.brands[0])
    back = [f"{host}/library" for host in (sites.brands[0].origin, "http://127.0.0.1:8000")]

    with showing(site):
        on_acme = [is_return_url(services.settings, url) for url in back]
        page = services.url("/purchases/1")

    assert on_acme == [True, False]
    assert page == f"{sites.brands[0].origin}/purchases/1"
    assert [is_return_url(services.settings, url) for url in back] == [False, True]


async def _site_of(services: Services, brand: Branded) -> Any:
    return await find_site_of(services.settings.public_url, brand.account_id)


@pytest.mark.parametrize(
    "path", ["/staff", "/staff/books", "/creator", "/affiliates", "/affiliate", "/enterprise"]
)
async def test_what_is_between_us_and_people_is_on_our_host_alone(
    services: Services, sites: Sites, path: str
) -> None:
    assert (await sites.acme.get(path)).status_code in (404, 303)
    assert OUR_NAME not in (await sites.acme.get(path)).text


async def test_a_brand_in_hostile_words_stays_text(services: Services, application: Any) -> None:
    """Signs that mean something in HTML and are allowed in names."""
    await make_branded("R&D 'n' Co")

    async with client_on(application, ACME) as visitor:
        pages = [await visitor.get(path) for path in ("/", "/developers", "/sign-in", "/support")]

    assert all("R&amp;D &#39;n&#39; Co" in page.text for page in pages)
    assert not any("R&D 'n'" in page.text for page in pages)


async def test_the_language_of_a_site_is_that_of_whoever_chose_none(sites: Sites) -> None:
    plain = await sites.other.get("/", headers={"accept-language": "en"})
    chosen = await sites.other.get(
        "/", headers={"accept-language": "fr", "cookie": "chenu_lang=en"}
    )

    assert (plain.headers["content-language"], chosen.headers["content-language"]) == ("fr", "en")


async def test_styles_and_pictures_of_a_brand_are_on_its_host(sites: Sites) -> None:
    [style] = re.findall(r"/brand/[0-9a-f]+\.css", (await sites.acme.get("/")).text)

    own, ours, other = [await site.get(style) for site in (sites.acme, sites.ours, sites.other)]

    assert "#8a1c4a" in own.text
    assert (ours.text, other.text) == ("", "")
