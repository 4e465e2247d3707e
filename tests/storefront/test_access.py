"""Every route declares who may use it, and no write passes without a form of our own."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from chenu.accounts.actor import Actor, Staff
from chenu.accounts.request_context import RequestContext
from chenu.flows.services import Services
from storefront.access import ACCESS_KEY, Access
from storefront.routes import HANDLERS
from tests.attacks.pages import FROM_ELSEWHERE
from tests.people import make_published_agent
from tests.storefront.browser import Browser
from tests.storefront.conftest import Fingerprint, OpenBrowser
from tests.storefront.visitors import make_reader, make_seller

NOBODY = UUID("0190f0a0-0000-7000-8000-000000000001")


@dataclass(frozen=True)
class Route:
    """One address of the storefront; ids are of rows that do not exist."""

    path: str
    method: str
    access: Access | None

    @property
    def url(self) -> str:
        filled = re.sub(r"\{\w+:uuid\}", str(NOBODY), self.path)
        filled = re.sub(r"\{\w+:int\}", "0", filled)
        known = {"slug": "no-agent", "handle": "nobody", "name": "no.svg", "kind": "no-mail"}
        for name, value in {**known, "language": "fr"}.items():
            filled = filled.replace(f"{{{name}:str}}", value).replace(f"{{{name}:path}}", value)
        return filled


def _routes() -> list[Route]:
    handlers: tuple[Any, ...] = HANDLERS
    return [
        Route(path, method, handler.opt.get(ACCESS_KEY))
        for handler in handlers
        for path in sorted(handler.paths)
        for method in sorted(handler.http_methods)
    ]


ROUTES = _routes()
_NO_PAGES = {"/tokens/meter"}
"""Parts of open pages: an answer of theirs that leads elsewhere would lead nobody."""
PRIVATE = [
    route for route in ROUTES if route.access is not Access.PUBLIC and route.path not in _NO_PAGES
]
WRITES = [route for route in ROUTES if route.method == "POST" and route.path not in FROM_ELSEWHERE]


def _name(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", ROUTES, ids=_name)
def test_every_route_declares_who_may_use_it(route: Route) -> None:
    assert route.access in set(Access)


def test_the_route_table_is_complete() -> None:
    assert len(ROUTES) > 55
    assert {route.method for route in ROUTES} == {"GET", "POST"}
    assert len({_name(route) for route in ROUTES}) == len(ROUTES)


async def test_private_pages_lead_strangers_to_the_sign_in_page(
    browser: Browser, services: Services, fingerprint: Fingerprint
) -> None:
    before = await fingerprint()

    for route in PRIVATE:
        if route.method == "GET":
            seen = await browser.get(route.url)
        else:
            seen = await browser.post(route.url, {"reason": "x"})
        assert seen.status == 303, route
        assert seen.location.startswith("/sign-in"), route

    assert await fingerprint() == before


async def test_the_reviewers_desk_is_closed_to_everybody_else(
    browser: Browser, services: Services
) -> None:
    for role in ((), (Staff.SUPPORT,), (Staff.FINANCE,)):
        person = await make_reader(f"person{len(role)}{''.join(role).lower()}", staff=role)
        browser.become(person)
        for route in PRIVATE:
            if route.access is Access.REVIEWER and route.method == "GET":
                assert (await browser.get(route.url)).status == 403, (role, route)


@pytest.mark.parametrize("role", [Staff.REVIEWER, Staff.ADMIN])
async def test_reviewers_and_admins_reach_the_desk(browser: Browser, role: Staff) -> None:
    browser.become(await make_reader("reviewer", staff=(role,)))

    assert (await browser.get("/staff")).status == 200


async def _forged(browser: Browser, route: Route, tokens: dict[str, str]) -> list[tuple[str, int]]:
    """The same request in every way that another site, or an old page, could send it."""
    own, other = tokens["own"], tokens["other"]
    forgeries: list[tuple[str, dict[str, str], dict[str, str]]] = [
        ("no token", {}, {}),
        ("empty token", {"csrf_token": ""}, {}),
        ("somebody else's token", {"csrf_token": other}, {}),
        ("a token with more", {"csrf_token": own + "0"}, {}),
        ("another origin", {"csrf_token": own}, {"origin": "https://evil.example"}),
        ("no origin at all", {"csrf_token": own}, {"origin": "null"}),
        ("from another site", {"csrf_token": own}, {"sec_fetch_site": "cross-site"}),
        ("from a sister site", {"csrf_token": own}, {"sec_fetch_site": "same-site"}),
        ("as plain text", {"csrf_token": own}, {"content_type": "text/plain"}),
        ("as JSON", {"csrf_token": own}, {"content_type": "application/json"}),
        ("as parts", {"csrf_token": own}, {"content_type": "multipart/form-data; boundary=x"}),
    ]
    return [
        (name, (await browser.post(route.url, data, **headers)).status)
        for name, data, headers in forgeries
    ]


UPLOADS = ("/icon", "/logo", "/screenshots")
"""Forms that may come as parts, so that parts which cannot be read are said to be so."""


@pytest.mark.parametrize("route", WRITES, ids=_name)
async def test_no_forged_write_gets_through(
    browser: Browser, services: Services, fingerprint: Fingerprint, route: Route
) -> None:
    person = await make_reader("victim", staff=(Staff.REVIEWER,))
    other = await make_reader("other")
    browser.become(person)
    tokens = {"own": _token(services, person.actor), "other": _token(services, other.actor)}
    before = await fingerprint()

    answers = await _forged(browser, route, tokens)

    unreadable = {("as parts", 400)} if route.path.endswith(UPLOADS) else set()
    assert {answer for answer in answers if answer[1] != 403} == unreadable
    assert await fingerprint() == before


def _token(services: Services, actor: Actor) -> str:
    token = RequestContext(actor=actor).csrf_token(services.settings)
    assert token is not None
    return token


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/password/forgot", "/language"])
async def test_another_site_cannot_send_a_stranger_s_form(
    browser: Browser, services: Services, fingerprint: Fingerprint, path: str
) -> None:
    before = await fingerprint()

    seen = await browser.post(path, {"email": "a@b.org"}, origin="https://evil.example")

    assert seen.status == 403
    assert "Nothing was changed" in seen.words
    assert await fingerprint() == before


async def test_a_token_of_an_ended_session_is_worth_nothing(
    browser: Browser, services: Services
) -> None:
    browser.become(await make_reader("zoe"))
    page = await browser.get("/account")
    await browser.submit(page, "/sign-out")
    browser.become(await make_reader("zora"))

    seen = await browser.submit(page, "/account/password", {"current_password": "a"})

    assert seen.status == 403


async def test_people_reach_nothing_of_each_other(
    browser: Browser, open_browser: OpenBrowser, services: Services, fingerprint: Fingerprint
) -> None:
    """Every route with an id, with ids that exist and belong to somebody else."""
    seller = await make_seller(services)
    agent = await make_published_agent(services, seller)
    stranger = await make_reader("stranger")
    browser.become(stranger)
    token = {"csrf_token": _token(services, stranger.actor)}
    before = await fingerprint()

    for route in ROUTES:
        if "{session_id" in route.path:
            url = route.path.replace("{session_id:uuid}", str(seller.actor.session_id))
        elif "{agent_id" in route.path and route.access is Access.SIGNED_IN:
            url = route.path.replace("{agent_id:uuid}", str(agent.id))
        else:
            continue
        if route.method == "GET":
            seen = await browser.get(url)
        else:
            seen = await browser.post(url, token)
        assert seen.status == 404, (route, seen.status)

    assert await fingerprint() == before


async def test_htmx_is_led_to_the_sign_in_page_as_a_whole(browser: Browser) -> None:
    """Never the sign-in page inside a part of another page."""
    seen = await browser.post("/creator/agents/preview", {}, hx_request="true")

    assert seen.status == 200
    assert seen.response.text == ""
    assert seen.response.headers["hx-redirect"].startswith("/sign-in")
