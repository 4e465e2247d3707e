"""The outermost layer: headers of every answer, the caller's identity, and errors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.accounts.request_context import session_cookie, session_cookie_name
from chenu.accounts.service_keys import create_service_key
from chenu.accounts.sessions import SessionToken
from chenu.app import create_app
from chenu.core.global_id import encode_id
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.conftest import with_settings
from tests.http.raw import raw
from tests.people import Person, make_person

HTTPS = "https://chenu.example"
WHO = {"query": "{ viewer { email account { id } } }"}


@pytest.fixture
async def secure(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """The application as it is served in production, over https."""
    async with over(with_settings(services, public_url=HTTPS)) as http:
        yield http


@asynccontextmanager
async def over(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app(services))  # type: ignore[arg-type]
    async with httpx.AsyncClient(
        transport=transport, base_url=services.settings.public_url
    ) as http:
        yield http


PATHS = ["/agents", "/nothing/here", "/static/site.css", "/healthz", "/webhooks/stripe", "/sign-in"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_is_guarded(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    policy = policy_of(headers)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"


def policy_of(headers: httpx.Headers) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}


async def test_forms_lead_to_ourselves_and_to_the_payment_pages_alone(
    client: httpx.AsyncClient, services: Services
) -> None:
    policy = policy_of((await client.get("/agents")).headers)

    assert policy["form-action"] == f"'self' {services.settings.stripe.api_base}"


async def test_the_explorer_alone_may_use_styles_of_its_own(client: httpx.AsyncClient) -> None:
    explorer = policy_of((await client.get("/graphql/explorer")).headers)
    answers = policy_of((await client.post("/graphql", json=WHO)).headers)

    assert explorer["style-src"] == "'self' 'unsafe-inline'"
    assert explorer["script-src"] == "'self'"
    assert "unsafe" not in str(answers)


async def test_over_https_browsers_never_come_back_without(
    client: httpx.AsyncClient, secure: httpx.AsyncClient
) -> None:
    plain, guarded = await client.get("/healthz"), await secure.get("/healthz")

    assert "strict-transport-security" not in plain.headers
    assert guarded.headers["strict-transport-security"].startswith("max-age=63072000")


async def test_each_answer_has_an_id_of_its_own_which_its_error_repeats(
    client: httpx.AsyncClient,
) -> None:
    answers = [await client.get("/webhooks/nothing") for _ in range(3)]

    ids = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(ids)) == 3
    assert [answer.json()["error"]["requestId"] for answer in answers] == ids


async def test_a_request_id_is_ours_and_not_the_caller_s(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz", headers={"x-request-id": "chosen"})

    assert answer.headers["x-request-id"] != "chosen"


async def who(http: httpx.AsyncClient, **headers: str) -> str | None:
    """Returns the IP that the edge determines."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await http.post("/graphql", json=WHO, headers=named)
    viewer = answer.json()["data"]["viewer"]
    return viewer["email"] if viewer else None


@pytest.fixture
async def person(services: Services) -> Person:
    return await make_person("zoe", TierCode.PRO)


async def test_a_session_is_known_by_its_cookie(client: httpx.AsyncClient, person: Person) -> None:
    assert await who(client, cookie=f"chenu_session={person.token}") == person.email
    assert await who(client) is None


async def test_over_https_only_the_cookie_that_is_bound_to_the_host_counts(
    secure: httpx.AsyncClient, person: Person
) -> None:
    assert await who(secure, cookie=f"__Host-chenu_session={person.token}") == person.email
    assert await who(secure, cookie=f"chenu_session={person.token}") is None


async def test_over_http_a_bound_name_does_not_count(
    client: httpx.AsyncClient, person: Person
) -> None:
    assert await who(client, cookie=f"__Host-chenu_session={person.token}") is None


@pytest.mark.parametrize(
    ("url", "name", "is_secure"),
    [("http://127.0.0.1:8000", "chenu_session", False), (HTTPS, "__Host-chenu_session", True)],
    ids=["http", "https"],
)
async def test_the_cookie_is_as_strict_as_its_address_allows(
    services: Services, person: Person, url: str, name: str, is_secure: bool
) -> None:
    settings = with_settings(services, public_url=url).settings

    cookie = session_cookie(settings, SessionToken(person.token))

    assert session_cookie_name(settings) == name
    assert cookie.startswith(f"{name}={person.token};")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert ("Secure" in cookie.split("; ")) is is_secure
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    "cookie", ["chenu_session=", "chenu_session=nothing", 'a="b; chenu_session', "\x01=x", "=;=;="]
)
async def test_a_broken_cookie_is_nobody_s(
    client: httpx.AsyncClient, services: Services, cookie: str
) -> None:
    assert await who(client, cookie=cookie) is None


async def test_an_api_key_is_known_by_its_header(
    client: httpx.AsyncClient, services: Services, person: Person
) -> None:
    made = await create_api_key(
        person.actor, "tests", [ApiScope.READ], None, services.settings.secret
    )

    for scheme in ("Bearer", "bearer", "BEARER"):
        answer = await client.post(
            "/graphql", json=WHO, headers={"authorization": f"{scheme} {made.secret}"}
        )
        account = answer.json()["data"]["viewer"]["account"]
        assert account["id"] == encode_id("Account", person.actor.account_id)


BAD_KEYS = [
    "Bearer",
    "Bearer x",
    "bearer  chenu_live_nothing",
    "Bearer\tchenu_service_nothing",
    "chenu_live_nothing",
    "ApiKey chenu_live_nothing",
]


@pytest.mark.parametrize("header", BAD_KEYS)
async def test_a_bad_key_is_refused_even_beside_a_good_session(
    client: httpx.AsyncClient, person: Person, header: str
) -> None:
    cookie = f"chenu_session={person.token}"

    answer = await client.post(
        "/graphql", json=WHO, headers={"authorization": header, "cookie": cookie}
    )

    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


OF_A_PROXY = [
    "Basic YTpi",
    "BASIC  YTpi",
    "Basic",
    'Digest username="a", realm="b"',
    "Negotiate YIIZ",
    "Token abc",
    "Bearerx abc",
    "",
    " ",
    "é",
]


@pytest.mark.parametrize("path", ["/", "/agents", "/account", "/static/site.css"])
@pytest.mark.parametrize("header", OF_A_PROXY)
async def test_what_a_proxy_asked_for_does_not_concern_us(
    client: httpx.AsyncClient, person: Person, header: str, path: str
) -> None:
    headers = {"authorization": header, "cookie": f"chenu_session={person.token}"}

    answer = await client.get(path, headers=raw(headers))

    assert answer.status_code == 200


@pytest.mark.parametrize("header", OF_A_PROXY)
async def test_beside_a_proxy_s_password_a_session_counts_for_programs_too(
    client: httpx.AsyncClient, person: Person, header: str
) -> None:
    """The explorer is behind the same password as the pages."""
    alone = {"authorization": header}
    with_session = alone | {"cookie": f"chenu_session={person.token}"}

    known = await client.post("/graphql", json=WHO, headers=raw(with_session))
    unknown = await client.post("/graphql", json=WHO, headers=raw(alone))

    assert known.json()["data"]["viewer"]["email"] == person.email
    assert unknown.json()["data"]["viewer"] is None


async def test_a_service_key_needs_an_account_that_there_is(
    client: httpx.AsyncClient, services: Services, person: Person
) -> None:
    key = await create_service_key("apps", services.settings.secret)
    account = encode_id("Account", person.actor.account_id)
    statuses = []
    for named in ({"chenu-account": account}, {}, {"chenu-account": "nonsense"}):
        headers = {"authorization": f"Bearer {key}", **named}
        statuses.append((await client.post("/graphql", json=WHO, headers=headers)).status_code)

    assert statuses == [200, 403, 403]


@pytest.mark.parametrize("path", ["/graphql/nothing", "/webhooks/nothing", "/static/nothing.css"])
async def test_programs_are_informed_errors_as_json(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"accept": "text/html"})

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(("language", "words"), [("en", "nothing here"), ("fr", "rien ici")])
async def test_people_are_informed_errors_on_a_page_in_their_language(
    client: httpx.AsyncClient, language: str, words: str
) -> None:
    answer = await client.get("/nothing/here", headers={"accept-language": language})

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert f'lang="{language}"' in answer.text
    assert words in answer.text.lower()
