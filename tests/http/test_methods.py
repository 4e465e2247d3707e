"""HEAD is GET without its body; the answer to a wrong method lists the allowed ones."""

from typing import Any

import httpx
import pytest

from chenu.accounts.request_context import session_cookie_name
from chenu.flows.services import Services
from chenu.http.bodiless import answer_bodiless
from chenu.http.methods import allow_of, method_label
from chenu.http.paths import Subtrees
from chenu.tiers.catalogue import TierCode
from tests.attacks.pages import ROUTES, Route
from tests.people import make_creator, make_person

OWN = {"x-request-id"}
"""Headers that differ between any two answers."""

READABLE = [
    "/", "/agents", "/agents?q=x", "/pricing", "/terms", "/privacy", "/imprint", "/sign-in",
    "/sign-up", "/nothing/here", "/agents/nobody-has-this", "/account", "/robots.txt",
    "/sitemap.xml", "/favicon.svg", "/static/site.css", "/static/none.css", "/icons/none.svg",
    "/schemas/agent-manifest-1.json", "/healthz", "/readyz", "/graphql/explorer", "/graphql",
    "/graphql/operations.json",
    "/webhooks/stripe", "/sign-out", "/agents?q=%ff",
]  # fmt: skip


@pytest.mark.parametrize("path", READABLE)
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_head_is_get_without_its_body(
    client: httpx.AsyncClient, services: Services, path: str, encoding: str
) -> None:
    headers = {"accept-encoding": encoding}

    get = await client.get(path, headers=headers)
    head = await client.head(path, headers=headers)

    assert head.status_code == get.status_code
    assert head.content == b""
    assert _shown(head) == _shown(get)
    assert "content-length" in head.headers


def _shown(answer: httpx.Response) -> list[tuple[str, str]]:
    """Without the length of JSON errors, which contain the request's id."""
    return [pair for pair in answer.headers.multi_items() if pair[0] not in OWN]


async def test_the_monitor_s_numbers_have_a_head(client: httpx.AsyncClient) -> None:
    head = await client.head("/metrics")

    assert (head.status_code, head.content) == (200, b"")


def _reading() -> list[Route]:
    return [route for route in ROUTES if route.method == "GET" and not route.parameters]


@pytest.mark.parametrize("route", _reading(), ids=str)
async def test_access_to_a_head_is_that_to_its_page(
    client: httpx.AsyncClient, services: Services, route: Route
) -> None:
    person, _ = await make_creator(services, "zoe")
    cookie = {"cookie": f"{session_cookie_name(services.settings)}={person.token}"}
    is_onboarding = route.path.startswith("/creator/onboarding")

    for headers in ({}, cookie):
        head = await client.head(route.path, headers=headers)
        get = head if is_onboarding and headers else await client.get(route.path, headers=headers)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert _shown(head) == _shown(get)


@pytest.mark.parametrize(
    "path",
    ["/creator/onboarding", "/creator/onboarding/account", "/creator/onboarding/return"],
)
async def test_a_head_asks_stripe_for_nothing(
    client: httpx.AsyncClient, services: Services, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, _ = await make_creator(services, "zoe")
    asked: list[str] = []

    async def ask(*_: Any) -> None:
        asked.append(path)

    monkeypatch.setattr("storefront.routes.creator.make_onboarding_link", ask)
    monkeypatch.setattr("storefront.routes.creator.make_login_link", ask)
    monkeypatch.setattr("storefront.routes.creator.refresh_own_connect_state", ask)

    cookie = {"cookie": f"{session_cookie_name(services.settings)}={person.token}"}
    answer = await client.head(path, headers=cookie)

    assert (answer.status_code, asked) == (303, [])


async def test_a_request_is_counted_and_logged_as_the_head_that_it_was(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await client.head("/pricing")

    line = 'chenu_request_seconds_count{method="HEAD",route="/pricing",status="200"}'
    assert line in (await client.get("/metrics")).text


ALLOWED = [
    ("PUT", "/agents", "GET, HEAD, OPTIONS"),
    ("POST", "/agents", "GET, HEAD, OPTIONS"),
    ("DELETE", "/", "GET, HEAD, OPTIONS"),
    ("PATCH", "/account", "GET, HEAD, OPTIONS"),
    ("POST", "/pricing", "GET, HEAD, OPTIONS"),
    ("POST", "/robots.txt", "GET, HEAD, OPTIONS"),
    ("DELETE", "/static/site.css", "GET, HEAD, OPTIONS"),
    ("POST", "/favicon.svg", "GET, HEAD, OPTIONS"),
    ("PUT", "/sign-in", "GET, HEAD, POST, OPTIONS"),
    ("HEAD", "/graphql", "POST"),
    ("DELETE", "/agents/any/manifest", "GET, HEAD, POST, OPTIONS"),
    ("GET", "/sign-out", "POST, OPTIONS"),
    ("HEAD", "/sign-out", "POST, OPTIONS"),
    ("GET", "/account/password", "POST, OPTIONS"),
    ("GET", "/webhooks/stripe", "POST, OPTIONS"),
    ("PUT", "/webhooks/stripe/thin", "POST, OPTIONS"),
    ("PUT", "/graphql", "POST, OPTIONS"),
    ("GET", "/graphql", "POST"),
    ("POST", "/graphql/explorer", "GET, HEAD, OPTIONS"),
    ("POST", "/healthz", "GET, HEAD, OPTIONS"),
    ("POST", "/metrics", "GET, HEAD, OPTIONS"),
    ("PURGE", "/agents", "GET, HEAD, OPTIONS"),
    ("get", "/agents", "GET, HEAD, OPTIONS"),
    ("TRACE", "/", "GET, HEAD, OPTIONS"),
]


@pytest.mark.parametrize(("method", "path", "allowed"), ALLOWED)
async def test_a_wrong_method_is_reported_which_are_right(
    client: httpx.AsyncClient, services: Services, method: str, path: str, allowed: str
) -> None:
    request = httpx.Request(method, f"{services.settings.public_url}{path}")
    request.method = method  # which the client would write in capitals

    answer = await client.send(request)

    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed


PATHS = sorted({route.path for route in ROUTES if not route.parameters})


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_allowed_is_what_is_answered(client: httpx.AsyncClient, path: str) -> None:
    options = await client.options(path)
    allowed = options.headers["allow"].split(", ")

    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = await client.request(method, path)
        assert (answer.status_code != 405) is (method in allowed), method
        if answer.status_code == 405:
            assert answer.headers["allow"] == options.headers["allow"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/graphql", "POST, OPTIONS"),
        ("/agents/any/manifest", "GET, HEAD, POST, OPTIONS"),
        ("/agents/any", "GET, HEAD, OPTIONS"),
        ("/static/site.css", "GET, HEAD, OPTIONS"),
        ("/healthz", "GET, HEAD, OPTIONS"),
    ],
)
async def test_options_name_what_a_path_takes(
    client: httpx.AsyncClient, path: str, allowed: str
) -> None:
    answer = await client.options(path)

    assert answer.headers["allow"] == allowed


async def test_a_head_of_endless_events_ends() -> None:
    """For any application that streams until the client leaves."""
    sent: list[Any] = []

    async def endless(_: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while (await receive())["type"] != "http.disconnect":
            await send({"type": "http.response.body", "body": b"tick", "more_body": True})

    async def keep(message: Any) -> None:
        sent.append(message)

    async def never() -> Any:
        raise AssertionError("the request has no body")

    scope = {"type": "http", "method": "HEAD", "path": "/"}
    await answer_bodiless(endless, scope, never, keep, "")

    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert (sent[1]["body"], sent[1]["more_body"]) == (b"", False)


async def test_invented_methods_are_counted_as_one(client: httpx.AsyncClient) -> None:
    for number in range(20):
        await client.request(f"INVENTED{number}", "/agents")

    text = (await client.get("/metrics")).text
    assert "INVENTED" not in text
    assert 'method="_OTHER"' in text


def test_names_of_methods_are_ours_alone() -> None:
    assert [method_label(name) for name in ("GET", "get", "X" * 10_000, "")] == [
        "GET",
        "_OTHER",
        "_OTHER",
        "_OTHER",
    ]
    assert allow_of(["OPTIONS", "GET", "websocket"]) == "GET, HEAD, OPTIONS"
    assert allow_of({"POST"}) == "POST"


@pytest.mark.parametrize(
    ("path", "is_below"),
    [
        ("/static", True),
        ("/static/", True),
        ("/static/a/b", True),
        ("/statics", False),
        ("/static.css", False),
        ("/x/static", False),
        ("/", False),
        ("", False),
        ("/STATIC", False),
    ],
)
def test_parts_of_the_site_are_whole_segments(path: str, *, is_below: bool) -> None:
    assert (path in Subtrees("/static", "/healthz")) is is_below


@pytest.mark.parametrize(
    "path", ["/graphqlx", "/webhooksx", "/healthzz", "/metrics2", "/statics/x", "/schemas-of-mine"]
)
async def test_an_address_that_only_begins_like_a_program_s_is_a_page(
    client: httpx.AsyncClient, services: Services, path: str
) -> None:
    person = await make_person("zoe", TierCode.PRO)
    cookie = {"cookie": f"{session_cookie_name(services.settings)}={person.token}"}

    answer = await client.get(path, headers=cookie)

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "/account" in answer.text
