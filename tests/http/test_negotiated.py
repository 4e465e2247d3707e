"""Answers that depend on a header have Vary, and weights in the header are respected."""

import httpx
import pytest

from chenu.accounts.request_context import session_cookie_name
from chenu.flows.services import Services
from tests.attacks.pages import ROUTES, Route
from tests.people import make_creator

FILES = ("/robots.txt", "/sitemap.xml", "/favicon.svg", "/schemas/agent-manifest-1.json")
OTHERS = ("/status.json", "/account/brand/preview.css")
"""One for everybody, and one that nothing may store."""
PAGES = [
    route
    for route in ROUTES
    if route.method == "GET" and not route.parameters and route.path not in FILES + OTHERS
]


def varies(answer: httpx.Response) -> set[str]:
    return {name.strip().lower() for name in answer.headers.get("vary", "").split(",")}


@pytest.mark.parametrize("route", PAGES, ids=str)
async def test_every_page_says_that_it_depends_on_who_asks(
    client: httpx.AsyncClient, services: Services, route: Route
) -> None:
    person, _ = await make_creator(services, "zoe")
    cookie = {"cookie": f"{session_cookie_name(services.settings)}={person.token}"}

    for headers in ({}, cookie):
        answer = await client.get(route.path, headers=headers)
        assert "cookie" in varies(answer)
        if answer.status_code == 200:
            assert "accept-language" in varies(answer)
            is_page = "<html" in answer.text
            assert not is_page or {"hx-request", "hx-request-type"} <= varies(answer)


@pytest.mark.parametrize("path", ["/nothing", "/agents/none", "/agents?q=%ff", "/graphql/nothing"])
async def test_errors_say_what_they_depend_on_and_are_not_stored(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)

    assert {"cookie", "accept-language"} <= varies(answer)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", FILES)
async def test_files_are_the_same_for_everybody(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert "vary" not in answer.headers
    assert answer.headers["cache-control"].startswith("public")


async def test_the_state_of_the_service_is_the_same_for_everybody_and_a_preview_is_not_stored(
    client: httpx.AsyncClient, services: Services
) -> None:
    person, _ = await make_creator(services, "zoe")
    cookie = {"cookie": f"{session_cookie_name(services.settings)}={person.token}"}

    status = await client.get("/status.json")
    preview = await client.get("/account/brand/preview.css", headers=cookie)

    assert varies(status) == {""}
    assert status.headers["cache-control"].startswith("public")
    assert preview.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("text/html", 303),
        ("TEXT/HTML;q=0.2", 303),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 303),
        ("text/html;q=0", 405),
        ("text/html;q=0.1, application/json", 405),
        ("*/*", 405),
        ("", 405),
    ],
)
async def test_browsers_alone_are_led_to_the_explorer(
    client: httpx.AsyncClient, accept: str, status: int
) -> None:
    answer = await client.get("/graphql", headers={"accept": accept})

    assert answer.status_code == status
    assert varies(answer) == {"accept"}


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("fr;q=0.1, en;q=0.9", "en"),
        ("EN", "en"),
        ("en-GB", "en"),
        ("fr;q=0", "en"),
        ("*", "fr"),
        ("fr;q=x, en;q=0.5", "en"),
    ],
)
async def test_pages_errors_and_the_explorer_speak_the_language_wanted_most(
    client: httpx.AsyncClient, wanted: str, language: str
) -> None:
    for path in ("/pricing", "/nothing", "/graphql/explorer"):
        answer = await client.get(path, headers={"accept-language": wanted})
        assert f'lang="{language}"' in answer.text


async def test_languages_in_several_lines_are_one_list(client: httpx.AsyncClient) -> None:
    lines = [("accept-language", "fr;q=0.1"), ("accept-language", "en")]

    assert (await client.get("/pricing", headers=lines)).headers["content-language"] == "en"


@pytest.mark.parametrize(
    ("wanted", "coding"),
    [
        (["gzip"], "gzip"),
        (["GZIP;q=0.5"], "gzip"),
        (["br", "gzip"], "gzip"),
        (["*"], "gzip"),
        (["identity;q=0"], "gzip"),
        (["gzip;q=0"], None),
        (["gzip;q=0, *"], None),
        (["*;q=0"], None),
        (["identity, gzip;q=0.5"], None),
        (["not-gzip"], None),
        ([], None),
    ],
)
async def test_files_are_compressed_for_those_who_want_that(
    client: httpx.AsyncClient, wanted: list[str], coding: str | None
) -> None:
    """Lists in one line and in several."""
    del client.headers["accept-encoding"]
    headers = [("accept-encoding", line) for line in wanted]

    answer = await client.get("/static/site.css", headers=headers)

    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["etag"].endswith('-gzip"' if coding else answer.headers["etag"][-2:])
    assert varies(answer) == {"accept-encoding"}
