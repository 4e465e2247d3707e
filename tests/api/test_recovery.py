"""Mailed links and passwords: each link works once, a refused password changes nothing."""

import httpx
import pytest

from chenu.accounts.sessions import find_actor
from chenu.flows.services import Services
from tests.accounts.mailed import last_mailed_token
from tests.api.calls import Api, as_session, fingerprint
from tests.people import PASSWORD, make_person

NEW = {"email": "Ana@Example.org ", "password": "une longue phrase", "displayName": "Ana"}


async def test_an_address_is_verified_by_its_link_once(
    client: httpx.AsyncClient, services: Services
) -> None:
    await Api(client).run("SignUp", input=NEW)
    client.cookies.clear()
    token = await last_mailed_token("EMAIL_VERIFY")

    first = await Api(client).run("VerifyEmail", token=token)
    again = await Api(client).run("VerifyEmail", token=token)

    assert first.payload() == {"ok": True, "userErrors": []}
    assert again.payload()["ok"] is False
    assert again.refusals() == [("INVALID", ["token"])]


async def test_a_new_address_counts_when_its_link_was_opened(
    client: httpx.AsyncClient, services: Services
) -> None:
    api = as_session(client, services, await make_person("buyer"))

    await api.run("UpdateProfile", input={"email": "new@example.org"})
    before = (await api.run("WhoAmI")).data["viewer"]["email"]
    await api.run("VerifyEmail", token=await last_mailed_token("EMAIL_CHANGE_CONFIRM"))

    assert before == "buyer@example.org"
    assert (await api.run("WhoAmI")).data["viewer"]["email"] == "new@example.org"


async def test_a_forgotten_password_is_replaced_by_link_and_ends_all_sessions(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("buyer")
    api = Api(client)

    asked = await api.run("AskForNewPassword", email=person.email)
    token = await last_mailed_token("PASSWORD_RESET")
    refused = await api.run("ResetPassword", input={"token": token, "newPassword": "short"})
    done = await api.run("ResetPassword", input={"token": token, "newPassword": "a brand new one"})
    again = await api.run("ResetPassword", input={"token": token, "newPassword": "a brand new one"})

    assert asked.payload() == {"ok": True, "userErrors": []}
    assert refused.refusals() == [("INVALID", ["input", "newPassword"])]
    assert done.payload() == {"ok": True, "userErrors": []}
    assert again.refusals() == [("INVALID", ["input", "token"])]
    assert await find_actor(person.token, "") is None


async def test_asking_for_a_link_answers_the_same_for_nobody(
    client: httpx.AsyncClient, services: Services
) -> None:
    await make_person("buyer")
    before = await fingerprint(services)

    unknown = await Api(client).run("AskForNewPassword", email="nobody@example.org")
    wrong = await Api(client).run("AskForNewPassword", email="nobody")

    assert unknown.payload() == {"ok": True, "userErrors": []}
    assert wrong.refusals() == [("INVALID", ["email"])]
    assert await fingerprint(services) == before


BAD_CHANGES = {
    "the wrong password": ({"currentPassword": "wrong"}, ("INVALID", ["input", "currentPassword"])),
    "a short one": ({"newPassword": "short"}, ("INVALID", ["input", "newPassword"])),
    "the address": ({"newPassword": "buyer@example.org"}, ("INVALID", ["input", "newPassword"])),
}


@pytest.mark.parametrize(("sent", "expected"), BAD_CHANGES.values(), ids=BAD_CHANGES.keys())
async def test_a_bad_password_change_changes_nothing(
    client: httpx.AsyncClient,
    services: Services,
    sent: dict[str, str],
    expected: tuple[str, list[str]],
) -> None:
    api = as_session(client, services, await make_person("buyer"))
    before = await fingerprint(services)
    request = {"currentPassword": PASSWORD, "newPassword": "a brand new one", **sent}

    reply = await api.run("ChangePassword", input=request)

    assert reply.refusals() == [expected]
    assert await fingerprint(services) == before


async def test_a_changed_password_keeps_this_session(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("buyer")
    api = as_session(client, services, person)
    request = {"currentPassword": PASSWORD, "newPassword": "a brand new one"}

    reply = await api.run("ChangePassword", input=request)

    assert reply.payload() == {"ok": True, "userErrors": []}
    assert await find_actor(person.token, "") is not None
