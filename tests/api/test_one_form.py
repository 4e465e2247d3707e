"""Texts of arguments: one Unicode form for everything but passwords and manifests."""

import unicodedata
from typing import Literal

import httpx
import pytest

from chenu.flows.services import Services
from tests.api.calls import Api, as_session
from tests.api.makers import DRAFT, make_maker
from tests.people import MANIFEST, make_person

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
SIGN_UP = """mutation($i: SignUpInput!) {
    signUp(input: $i) { user { email displayName } userErrors { path code } }
}"""
SIGN_IN = "mutation($i: SignInInput!) { signIn(input: $i) { user { email } userErrors { code } } }"
SECRET = "Cr\u00e8me br\u00fbl\u00e9e"


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
async def test_a_person_signs_up_in_one_form_and_in_with_another(
    client: httpx.AsyncClient, services: Services, form: Form
) -> None:
    request = {"email": "u@m\u00fcller.example", "password": SECRET, "displayName": "Zo\u00e9"}
    other = {name: unicodedata.normalize(form, text) for name, text in request.items()}
    api = Api(client)

    made = (await api.send(SIGN_UP, {"i": other})).payload()
    client.cookies.clear()
    found = (
        await api.send(SIGN_IN, {"i": {k: request[k] for k in ("email", "password")}})
    ).payload()

    assert made["user"] == {"email": "u@xn--mller-kva.example", "displayName": "Zo\u00e9"}
    assert found["user"] == {"email": "u@xn--mller-kva.example"}


async def test_a_manifest_is_stored_as_it_was_sent(
    client: httpx.AsyncClient, services: Services
) -> None:
    api, _ = await make_maker(client, services)
    manifest = {**MANIFEST, "systemPrompt": "Classe les rec\u0327us."}
    request = {**DRAFT, "name": "Rec\u0327us", "manifest": manifest}
    document = """mutation($i: AgentCreateInput!) {
        agentCreate(input: $i) { agent { name slug versions { manifest } } }
    }"""

    agent = (await api.send(document, {"i": request})).payload()["agent"]

    assert agent["name"] == "Re\u00e7us"
    assert agent["slug"].startswith("recus-")
    assert agent["versions"][0]["manifest"]["systemPrompt"] == manifest["systemPrompt"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("\u3164\u3164", "INVALID"),
        ("\u2800", "INVALID"),
        ("CHE\u00b7NU", "INVALID"),
        ("\u0421\u041d\u0415\u00b7NU Team", "INVALID"),
        ("Marie Chenu", None),
    ],
)
async def test_a_person_is_not_renamed_to_nothing_or_to_the_house(
    client: httpx.AsyncClient, services: Services, name: str, code: str | None
) -> None:
    api = as_session(client, services, await make_person("zoe"))
    document = """mutation($i: UserUpdateInput!) {
        userUpdate(input: $i) { userErrors { code path } } }"""

    refusals = (await api.send(document, {"i": {"displayName": name}})).refusals()

    assert refusals == ([] if code is None else [(code, ["input", "displayName"])])
