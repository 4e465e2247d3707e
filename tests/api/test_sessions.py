"""Signing up, in and out; the profile; the mailed links. Every bad input changes nothing."""

from typing import Any

import httpx
import pytest

from chenu.accounts.request_context import RequestContext, session_cookie_name
from chenu.accounts.sessions import find_actor
from chenu.flows.services import Services
from chenu.settings import Mode
from chenu_graphql.answers import GraphQLRequest
from chenu_graphql.context import Context
from chenu_graphql.routes import get_engine
from tests.api.calls import Api, as_session, document_of, fingerprint
from tests.conftest import with_settings
from tests.people import PASSWORD, make_person

NEW = {"email": "Ana@Example.org ", "password": "une longue phrase", "displayName": "Ana"}


async def test_a_sign_up_is_signed_in_at_once(
    client: httpx.AsyncClient, services: Services
) -> None:
    api = Api(client, {"accept-language": "en"})

    payload = (await api.run("SignUp", input=NEW)).payload()
    client.cookies.clear()

    assert payload["userErrors"] == []
    assert payload["user"]["email"] == "ana@example.org"
    assert payload["user"]["locale"] == "en"
    assert payload["user"]["emailVerified"] is False
    assert payload["user"]["account"]["tier"]["code"] == "FREE"
    assert [each["role"] for each in payload["user"]["accounts"]] == ["OWNER"]
    assert len(payload["csrfToken"]) == 64


async def test_the_cookie_and_the_token_belong_to_the_new_session(
    client: httpx.AsyncClient, services: Services
) -> None:
    reply = await Api(client).run("SignUp", input=NEW)
    cookie = reply.http.headers["set-cookie"]
    token = {"x-csrf-token": reply.payload()["csrfToken"]}

    changed = await Api(client, token).run("UpdateProfile", input={"displayName": "Ana B."})

    assert cookie.startswith(f"{session_cookie_name(services.settings)}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert changed.payload()["user"]["displayName"] == "Ana B."


BAD_SIGN_UPS: dict[str, tuple[dict[str, Any], list[tuple[str, list[str]]]]] = {
    "no address": ({"email": "ana"}, [("INVALID", ["input", "email"])]),
    "an empty address": ({"email": ""}, [("INVALID", ["input", "email"])]),
    "a short password": ({"password": "kurz"}, [("INVALID", ["input", "password"])]),
    "a common password": ({"password": "password1"}, [("INVALID", ["input", "password"])]),
    "the address as password": (
        {"email": "ana@example.org", "password": "ana@example.org"},
        [("INVALID", ["input", "password"])],
    ),
    "an overlong password": ({"password": "ab12" * 60}, [("INVALID", ["input", "password"])]),
    "an empty name": ({"displayName": " "}, [("INVALID", ["input", "displayName"])]),
    "an overlong name": ({"displayName": "x" * 81}, [("INVALID", ["input", "displayName"])]),
    "a name of two lines": ({"displayName": "A\nB"}, [("INVALID", ["input", "displayName"])]),
    "an unknown language": ({"locale": "de"}, [("INVALID", ["input", "locale"])]),
    "an address in use": ({"email": "buyer@example.org"}, [("ALREADY_EXISTS", ["input", "email"])]),
    "several": (
        {"email": "x", "password": "y", "locale": "z"},
        [
            ("INVALID", ["input", "email"]),
            ("INVALID", ["input", "password"]),
            ("INVALID", ["input", "locale"]),
        ],
    ),
}


@pytest.mark.parametrize(("wrong", "expected"), BAD_SIGN_UPS.values(), ids=BAD_SIGN_UPS.keys())
async def test_a_bad_sign_up_names_each_field_and_makes_nobody(
    client: httpx.AsyncClient,
    services: Services,
    wrong: dict[str, Any],
    expected: list[tuple[str, list[str]]],
) -> None:
    await make_person("buyer")
    before = await fingerprint(services)

    reply = await Api(client).run("SignUp", input={**NEW, **wrong})

    assert reply.refusals() == expected
    assert reply.payload()["user"] is None
    assert reply.payload()["csrfToken"] is None
    assert "set-cookie" not in reply.http.headers
    assert await fingerprint(services) == before


async def test_text_that_no_database_holds_is_bad_input(
    client: httpx.AsyncClient, services: Services
) -> None:
    before = await fingerprint(services)

    reply = await Api(client).run("SignUp", input={**NEW, "displayName": "a\x00b"})

    assert reply.codes == ["BAD_INPUT"]
    assert reply.errors[0]["extensions"]["argument"] == ["input", "displayName"]
    assert await fingerprint(services) == before


async def test_signing_in_begins_a_new_session_and_ends_the_one_before(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("buyer")
    api = as_session(client, services, person)

    reply = await api.run("SignIn", input={"email": person.email, "password": PASSWORD})

    name = session_cookie_name(services.settings)
    fresh = reply.http.cookies[name]
    assert reply.payload()["user"]["displayName"] == "Buyer"
    assert fresh != person.token
    assert await find_actor(fresh, "") is not None
    assert await find_actor(person.token, "") is None


@pytest.mark.parametrize(
    "wrong", [{"password": "another one"}, {"email": "nobody@example.org"}, {"email": "x"}]
)
async def test_wrong_credentials_are_one_refusal(
    client: httpx.AsyncClient, services: Services, wrong: dict[str, str]
) -> None:
    person = await make_person("buyer")
    sent = {"email": person.email, "password": PASSWORD, **wrong}

    reply = await Api(client, {"accept-language": "en"}).run("SignIn", input=sent)

    [error] = reply.payload()["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID", None)
    assert error["message"] == "The e-mail address or the password is wrong"
    assert "set-cookie" not in reply.http.headers


async def test_too_many_tries_are_reported_when_to_come_back(client: httpx.AsyncClient) -> None:
    sent = {"email": "a@example.org", "password": "wrong password"}

    replies = [await Api(client).run("SignIn", input=sent) for _ in range(11)]

    assert [reply.codes for reply in replies[:10]] == [[]] * 10
    last = replies[10]
    assert last.codes == ["RATE_LIMITED"]
    assert last.http.status_code == 429
    assert int(last.http.headers["retry-after"]) > 0
    assert last.errors[0]["extensions"]["retryAfter"] > 0


async def test_signing_out_ends_the_session_and_clears_the_cookie(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("buyer")
    api = as_session(client, services, person)

    reply = await api.run("SignOut")

    assert reply.data == {"signOut": {"ok": True}}
    assert "Max-Age=0" in reply.http.headers["set-cookie"]
    assert await find_actor(person.token, "") is None
    assert (await api.run("WhoAmI")).data == {"viewer": None}


async def test_nobody_signs_out_as_well(client: httpx.AsyncClient) -> None:
    assert (await Api(client).run("SignOut")).data == {"signOut": {"ok": True}}


async def test_a_profile_changes_field_by_field(
    client: httpx.AsyncClient, services: Services
) -> None:
    api = as_session(client, services, await make_person("buyer"))

    first = await api.run("UpdateProfile", input={"locale": "en"})
    second = await api.run("UpdateProfile", input={"displayName": "Bea", "email": None})

    assert first.payload()["user"]["locale"] == "en"
    user = second.payload()["user"]
    assert (user["displayName"], user["locale"]) == ("Bea", "en")
    assert user["email"] == "buyer@example.org"


BAD_PROFILES = {
    "an empty name": ({"displayName": ""}, ("INVALID", ["input", "displayName"])),
    "an unknown language": ({"locale": "xx"}, ("INVALID", ["input", "locale"])),
    "no address": ({"email": "x@"}, ("INVALID", ["input", "email"])),
}


@pytest.mark.parametrize(("sent", "expected"), BAD_PROFILES.values(), ids=BAD_PROFILES.keys())
async def test_a_bad_profile_changes_nothing(
    client: httpx.AsyncClient,
    services: Services,
    sent: dict[str, str],
    expected: tuple[str, list[str]],
) -> None:
    await make_person("other")
    api = as_session(client, services, await make_person("buyer"))
    before = await fingerprint(services)

    reply = await api.run("UpdateProfile", input={"displayName": "Bea", **sent})

    assert reply.refusals() == [expected]
    assert await fingerprint(services) == before


@pytest.mark.parametrize("email", ["other@example.org", "nobody@example.org"])
async def test_an_address_in_use_is_reported_in_the_mail_to_it_alone(
    client: httpx.AsyncClient, services: Services, email: str
) -> None:
    await make_person("other")
    api = as_session(client, services, await make_person("buyer"))

    reply = await api.run("UpdateProfile", input={"email": email})

    assert reply.refusals() == []
    assert reply.payload()["user"]["email"] == "buyer@example.org"


async def test_nobody_has_no_profile(client: httpx.AsyncClient) -> None:
    reply = await Api(client).run("UpdateProfile", input={"displayName": "Bea"})

    assert reply.codes == ["UNAUTHENTICATED"]


async def test_the_demo_verifies_at_once(services: Services) -> None:
    demo = with_settings(services, mode=Mode.DEMO)
    request = GraphQLRequest(document_of("SignUp"), {"input": NEW}, "SignUp")

    answer = await get_engine().run(request, Context(demo, RequestContext()))

    assert answer.data is not None
    assert answer.data["signUp"]["user"]["emailVerified"] is True
