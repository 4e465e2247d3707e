"""A5: sessions that were planted, replayed, or outlived; and what a thief could read of them."""

from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest

from chenu.accounts.actor import ApiScope, Staff
from chenu.app import create_app
from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.accounts.mailed import last_mailed_token
from tests.api.calls import Api, as_key, as_session, gid, session_cookie_of
from tests.api.serving import socket
from tests.attacks.pages import csrf_of
from tests.conftest import with_settings
from tests.people import PASSWORD, Person, make_person, sign_in_again
from tests.rows import count

SIGN_IN = "mutation($i: SignInInput!) { signIn(input: $i) { user { email } csrfToken } }"
WHO = "{ viewer { email } }"
NAME = "chenu_session"


async def _who(http: httpx.AsyncClient, token: str) -> str | None:
    """Whose cookie this is, as the API sees it."""
    reply = await Api(http, {"cookie": f"{NAME}={token}"}).send(WHO)
    viewer = reply.data["viewer"]
    return None if viewer is None else str(viewer["email"])


def _cookie_of(answer: httpx.Response) -> str:
    jar: SimpleCookie = SimpleCookie(answer.headers["set-cookie"])
    return jar[NAME].value


async def _sign_in(
    http: httpx.AsyncClient, how: str, person: Person, planted: str, csrf: str = ""
) -> httpx.Response:
    """With a cookie that somebody put into the victim's browser before."""
    entered = {"email": person.email, "password": PASSWORD}
    cookie = {"cookie": f"{NAME}={planted}"}
    if how == "form":
        return await http.post("/sign-in", data={**entered, "csrf_token": csrf}, headers=cookie)
    api = Api(http, {**cookie, "x-csrf-token": csrf})
    return (await api.send(SIGN_IN, {"i": entered})).http


BY = pytest.mark.parametrize("how", ["form", "graphql"])


@BY
@pytest.mark.parametrize("planted", ["chosen", "x" * 43, "", "a; b"])
async def test_a_cookie_that_we_did_not_make_is_not_adopted(
    client: httpx.AsyncClient, services: Services, how: str, planted: str
) -> None:
    victim = await make_person("victim")

    token = _cookie_of(await _sign_in(client, how, victim, planted))

    assert token != planted
    assert await _who(client, token) == victim.email
    assert await _who(client, planted) is None


@BY
async def test_a_planted_session_of_the_thief_never_becomes_the_victims(
    client: httpx.AsyncClient, services: Services, how: str
) -> None:
    victim, thief = await make_person("victim"), await make_person("thief")
    csrf = csrf_of(services, thief)

    token = _cookie_of(await _sign_in(client, how, victim, thief.token, csrf))

    assert await _who(client, token) == victim.email
    assert await _who(client, thief.token) is None


@BY
async def test_signing_in_again_ends_the_session_before(
    client: httpx.AsyncClient, services: Services, how: str
) -> None:
    person = await make_person("person")

    token = _cookie_of(await _sign_in(client, how, person, person.token, csrf_of(services, person)))

    assert await _who(client, person.token) is None
    assert await _who(client, token) == person.email


async def test_signing_up_beside_a_session_ends_it(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("person")
    form = {
        "email": "second@example.org",
        "password": PASSWORD,
        "display_name": "Second",
        "csrf_token": csrf_of(services, person),
    }

    answer = await client.post("/sign-up", data=form, headers={"cookie": f"{NAME}={person.token}"})

    assert await _who(client, person.token) is None
    assert await _who(client, _cookie_of(answer)) == "second@example.org"


@pytest.mark.parametrize("how", ["form", "graphql"])
async def test_a_cookie_is_worthless_after_signing_out(
    client: httpx.AsyncClient, services: Services, how: str
) -> None:
    person = await make_person("person")
    api = as_session(client, services, person)

    if how == "form":
        form = {"csrf_token": csrf_of(services, person)}
        left = await client.post("/sign-out", data=form, headers=api.headers)
    else:
        left = (await api.send("mutation { signOut { ok } }")).http

    assert "max-age=0" in left.headers["set-cookie"].lower()
    assert await _who(client, person.token) is None
    again = await client.get("/account", headers={"cookie": api.headers["cookie"]})
    assert again.headers["location"].startswith("/sign-in")


async def test_a_new_password_ends_every_other_session(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("person")
    thief = await sign_in_again(person.user_id, person.email)
    form = {
        "csrf_token": csrf_of(services, person),
        "current_password": PASSWORD,
        "new_password": "a better one by far",
    }

    await client.post("/account/password", data=form, headers={"cookie": f"{NAME}={person.token}"})

    assert await _who(client, thief.token) is None
    assert await _who(client, person.token) == person.email
    refused = await _sign_in(client, "form", person, "")
    assert "set-cookie" not in refused.headers


async def test_a_reset_password_ends_every_session(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("person")
    await client.post("/password/forgot", data={"email": person.email})
    form = {
        "token": await last_mailed_token("PASSWORD_RESET"),
        "new_password": "a better one by far",
    }

    await client.post("/password/reset", data=form)

    assert await _who(client, person.token) is None
    assert await count("user_session", "revoked_at IS NULL") == 0


async def test_a_staff_role_that_is_withdrawn_is_gone_at_once(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("person", staff=(Staff.REVIEWER,))
    cookie = {"cookie": f"{NAME}={person.token}"}
    before = await client.get("/staff", headers=cookie)

    await db.execute("DELETE FROM staff_role WHERE member = $1", person.user_id)
    after = await client.get("/staff", headers=cookie)

    assert (before.status_code, after.status_code) == (200, 403)


@pytest.mark.parametrize(
    "url",
    ["/account?chenu_session={t}", "/account;chenu_session={t}", "/account?token={t}"],
)
async def test_a_token_in_an_address_opens_nothing(
    client: httpx.AsyncClient, services: Services, url: str
) -> None:
    person = await make_person("person")

    answer = await client.get(url.format(t=person.token))

    assert answer.status_code in (303, 404)
    assert "set-cookie" not in answer.headers


async def test_no_page_and_no_answer_repeats_the_token(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("person", tier=TierCode.PRO, staff=(Staff.ADMIN,))
    cookie = {"cookie": f"{NAME}={person.token}"}

    pages = [
        await client.get(path, headers=cookie)
        for path in ("/", "/account", "/library", "/staff", "/nothing", "/graphql/explorer")
    ]
    pages.append((await Api(client, cookie).send(WHO)).http)

    assert [str(page.url) for page in pages if person.token in page.text] == []
    assert [str(page.url) for page in pages if person.token in str(page.headers)] == []


@BY
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_cookie_that_arrives_is_as_strict_as_browsers_allow(
    services: Services, how: str, scheme: str
) -> None:
    victim = await make_person("victim")
    public_url = f"{scheme}://127.0.0.1:8000"
    app: Any = create_app(with_settings(services, public_url=public_url))
    transport = httpx.ASGITransport(app=app)

    async with httpx.AsyncClient(transport=transport, base_url=public_url) as http:
        answer = await _sign_in(http, how, victim, "")

    [cookie] = answer.headers.get_list("set-cookie")
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    plain = {"httponly", "path=/", "samesite=lax", "max-age=7776000"}
    assert attributes == plain | ({"secure"} if scheme == "https" else set())
    assert cookie.startswith("__Host-chenu_session=" if scheme == "https" else "chenu_session=")


async def test_an_open_socket_ends_with_its_session(
    url: str, client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("person")
    api = as_session(client, services, person)

    async with socket(url, {"Cookie": session_cookie_of(services, person)}) as thief:
        await thief.begin()
        await thief.subscribe("1", WHO)
        before = await thief.receive()
        await thief.receive()
        await api.send("mutation { signOut { ok } }")
        await thief.subscribe("2", WHO)
        code = await thief.closed()

    assert before["payload"]["data"] == {"viewer": {"email": person.email}}
    assert code == 4403


@pytest.mark.parametrize("place", ["header", "init"])
async def test_an_open_socket_ends_with_its_key(
    url: str, client: httpx.AsyncClient, services: Services, place: str
) -> None:
    person = await make_person("person", tier=TierCode.PRO)
    key = await as_key(client, services, person, ApiScope.READ)
    bearer = key.headers["authorization"]
    owner = as_session(client, services, person)
    key_id = gid("ApiKey", await db.fetch_value("SELECT id FROM api_key"))

    headers = {"Authorization": bearer} if place == "header" else {}
    params = {"Authorization": bearer} if place == "init" else {}
    async with socket(url, headers) as thief:
        await thief.begin(**params)
        await thief.subscribe("1", "{ tiers { code } }")
        assert (await thief.receive())["type"] == "next"
        await owner.run("RevokeApiKey", id=key_id)
        await thief.receive()
        await thief.subscribe("2", "{ tiers { code } }")
        code = await thief.closed()

    assert code == 4403
