"""The cookie by which a browser shows who signed in from it before, on both faces."""

from typing import Any

import httpx
import pytest

from chenu.accounts.attempts import SIGN_IN_PER_EMAIL, SIGN_IN_PER_IP
from chenu.accounts.request_context import device_cookie_name, session_cookie_name
from chenu.app import create_app
from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.services import Services
from tests.api.calls import Api, as_session
from tests.attacks.pages import csrf_of
from tests.conftest import with_settings
from tests.people import PASSWORD, Person, make_person

SIGN_IN = "mutation($i: SignInInput!) { signIn(input: $i) { user { email } } }"
BY = pytest.mark.parametrize("how", ["form", "graphql"])


async def _fill_windows(person: Person) -> None:
    """Uses up a stranger's attempts, from the person's own network too."""
    sql = "INSERT INTO attempt_window (subject, started_at, tries) VALUES ($1, $2, $3)"
    filled = {
        f"{SIGN_IN_PER_EMAIL.name}:{person.email}": SIGN_IN_PER_EMAIL.tries,
        f"{SIGN_IN_PER_IP.name}:127.0.0.1": SIGN_IN_PER_IP.tries,
    }
    for subject, tries in filled.items():
        await db.execute(sql, subject, system_now(), tries)


async def _sign_out(http: httpx.AsyncClient, services: Services, how: str, person: Person) -> Any:
    api = as_session(http, services, person)
    if how == "graphql":
        return (await api.send("mutation { signOut { ok } }")).http
    form = {"csrf_token": csrf_of(services, person)}
    return await http.post("/sign-out", data=form, headers={"cookie": api.headers["cookie"]})


async def _signs_in(http: httpx.AsyncClient, how: str, person: Person, cookie: str) -> bool:
    entered, headers = {"email": person.email, "password": PASSWORD}, {"cookie": cookie}
    http.cookies.clear()
    if how == "form":
        answer = await http.post("/sign-in", data=entered, headers=headers)
        return answer.status_code == 303
    reply = await Api(http, headers).send(SIGN_IN, {"i": entered})
    payload = (reply.body.get("data") or {}).get("signIn") or {}
    return bool(payload.get("user"))


@BY
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_signing_out_leaves_a_cookie_as_strict_as_the_sessions(
    services: Services, how: str, scheme: str
) -> None:
    person, public_url = await make_person("zoe"), f"{scheme}://127.0.0.1:8000"
    changed = with_settings(services, public_url=public_url)
    transport = httpx.ASGITransport(app=create_app(changed))  # type: ignore[arg-type]

    async with httpx.AsyncClient(transport=transport, base_url=public_url) as http:
        left = await _sign_out(http, changed, how, person)

    ended, device = left.headers.get_list("set-cookie")
    attributes = {part.strip().lower() for part in device.split(";")[1:]}
    strict = {"httponly", "path=/", "samesite=lax", "max-age=31536000"}
    assert ended.startswith(f"{session_cookie_name(changed.settings)}=")
    assert device.startswith(f"{device_cookie_name(changed.settings)}=")
    assert attributes == strict | ({"secure"} if scheme == "https" else set())


@BY
@pytest.mark.parametrize("again", ["form", "graphql"])
async def test_a_browser_that_signed_out_gets_in_however_often_strangers_try(
    client: httpx.AsyncClient, services: Services, how: str, again: str
) -> None:
    person = await make_person("zoe")
    left = await _sign_out(client, services, how, person)
    name = device_cookie_name(services.settings)
    devices = left.cookies[name]
    await _fill_windows(person)

    assert not await _signs_in(client, again, person, "")
    assert await _signs_in(client, again, person, f"{name}={devices}")


@BY
async def test_a_browser_whose_session_ran_out_gets_in_too(
    client: httpx.AsyncClient, services: Services, how: str
) -> None:
    person = await make_person("zoe")
    await db.execute("UPDATE user_session SET expires_at = now() - interval '1 day'")
    await _fill_windows(person)

    cookie = f"{session_cookie_name(services.settings)}={person.token}"

    assert await _signs_in(client, how, person, cookie)


@BY
@pytest.mark.parametrize("sent", ["", "forged.value", "\x01~é", "x" * 3_000])
async def test_an_odd_cookie_neither_helps_nor_harms(
    client: httpx.AsyncClient, services: Services, how: str, sent: str
) -> None:
    person = await make_person("zoe")
    cookie = f"{device_cookie_name(services.settings)}={sent}".encode("latin-1")

    before = await _signs_in(client, how, person, cookie)  # type: ignore[arg-type]
    await db.execute("DELETE FROM attempt_window")
    await _fill_windows(person)
    after = await _signs_in(client, how, person, cookie)  # type: ignore[arg-type]

    assert (before, after) == (True, False)
