"""A cookie alone changes nothing: every mutation needs the session's own token and our origin."""

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.accounts.request_context import RequestContext
from chenu.accounts.sessions import find_actor, open_session
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_key, as_session, fingerprint
from tests.api.dummies import call_of, mutations
from tests.people import Person, make_person

UPDATE = 'mutation { userUpdate(input: {displayName: "Changed"}) { user { displayName } } }'


async def test_every_mutation_needs_the_token_of_its_session(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("buyer")
    headers = as_session(client, services, person).headers
    bare = Api(client, {"cookie": headers["cookie"]})
    before = await fingerprint(services)

    answers = {name: (await bare.send(call_of(name))).codes for name in mutations()}

    assert answers == {name: ["FORBIDDEN"] for name in mutations()}
    assert await fingerprint(services) == before


async def _token_of(services: Services, session_token: str) -> str:
    actor = await find_actor(session_token, "")
    assert actor is not None
    token = RequestContext(actor=actor).csrf_token(services.settings)
    assert token is not None
    return token


async def _stale_token(services: Services, person: Person) -> str:
    """Of another session of the same person."""
    session = await open_session(person.user_id, "", "")
    return await _token_of(services, session.token)


@pytest.mark.parametrize("kind", ["none", "empty", "invented", "another person's", "stale", "é"])
async def test_a_wrong_token_is_forbidden(
    client: httpx.AsyncClient, services: Services, kind: str
) -> None:
    person, other = await make_person("buyer"), await make_person("other")
    right = as_session(client, services, person).headers
    tokens = {
        "none": None,
        "empty": "",
        "invented": "0" * 64,
        "another person's": as_session(client, services, other).headers["x-csrf-token"],
        "stale": await _stale_token(services, person),
        "é": "\u00e9" * 64,
    }
    token = tokens[kind]
    more = {} if token is None else {"x-csrf-token": token}
    raw = {
        name: value.encode("latin-1") for name, value in {"cookie": right["cookie"], **more}.items()
    }
    before = await fingerprint(services)

    answer = await client.post("/graphql", json={"query": UPDATE}, headers=raw)  # type: ignore[arg-type]

    assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert await fingerprint(services) == before


ORIGINS = {
    "ours": ({"origin": "http://127.0.0.1:8000"}, True),
    "none": ({}, True),
    "same origin by fetch": ({"sec-fetch-site": "same-origin"}, True),
    "another site's": ({"origin": "https://evil.example"}, False),
    "another port": ({"origin": "http://127.0.0.1:9000"}, False),
    "null": ({"origin": "null"}, False),
    "cross-site by fetch": ({"sec-fetch-site": "cross-site"}, False),
    "same-site by fetch": ({"sec-fetch-site": "same-site"}, False),
}


@pytest.mark.parametrize(("more", "is_fine"), ORIGINS.values(), ids=ORIGINS.keys())
async def test_the_right_token_from_another_site_is_forbidden(
    client: httpx.AsyncClient, services: Services, more: dict[str, str], is_fine: bool
) -> None:
    api = as_session(client, services, await make_person("buyer"))

    reply = await Api(client, {**api.headers, **more}).send(UPDATE)

    assert reply.codes == ([] if is_fine else ["FORBIDDEN"])


@pytest.mark.parametrize(("more", "is_fine"), ORIGINS.values(), ids=ORIGINS.keys())
async def test_signing_in_needs_no_token_but_our_origin(
    client: httpx.AsyncClient, services: Services, more: dict[str, str], is_fine: bool
) -> None:
    person = await make_person("buyer")
    query = "mutation($i: SignInInput!) { signIn(input: $i) { csrfToken } }"
    sent = {"i": {"email": person.email, "password": "a good password of the tests"}}

    reply = await Api(client, more).send(query, sent)

    assert reply.codes == ([] if is_fine else ["FORBIDDEN"])
    assert ("set-cookie" in reply.http.headers) is is_fine


async def test_reading_needs_no_token(client: httpx.AsyncClient, services: Services) -> None:
    headers = as_session(client, services, await make_person("buyer")).headers
    api = Api(client, {"cookie": headers["cookie"], "origin": "https://evil.example"})

    reply = await api.send("{ viewer { displayName } }")

    assert reply.data == {"viewer": {"displayName": "Buyer"}}


async def test_a_key_needs_no_token(client: httpx.AsyncClient, services: Services) -> None:
    person = await make_person("maker", tier=TierCode.PRO)
    api = await as_key(client, services, person, ApiScope.AGENTS)

    reply = await Api(client, {**api.headers, "origin": "https://app.example"}).send(
        call_of("agentSubmit")
    )

    assert reply.refusals() == [("NOT_FOUND", ["input", "agentId"])]
