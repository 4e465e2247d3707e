"""API keys: made and revoked by people who are signed in, the secret shown once."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from chenu.accounts.actor import ApiScope
from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import Api, as_key, as_service, as_session, fingerprint, gid
from tests.people import make_person
from tests.rows import put

NEW = {"name": "CI", "scopes": ["READ"]}


async def test_a_key_works_from_the_moment_it_is_made(
    client: httpx.AsyncClient, services: Services
) -> None:
    owner = as_session(client, services, await make_person("maker", tier=TierCode.PRO))

    payload = (await owner.run("CreateApiKey", input=NEW)).payload()
    program = Api(client, {"authorization": f"Bearer {payload['secret']}"})
    reply = await program.run("WhoAmI")
    listed = (await owner.run("ApiKeys")).data["viewer"]["account"]["apiKeys"]

    assert payload["secret"].startswith(payload["apiKey"]["prefix"])
    assert reply.data["viewer"]["displayName"] == "Maker"
    assert [key["name"] for key in listed] == ["CI"]
    assert listed[0]["lastUsedAt"] is not None
    assert payload["secret"] not in str(listed)


BAD_KEYS: dict[str, tuple[dict[str, Any], list[tuple[str, list[str]]]]] = {
    "no scope": ({"scopes": []}, [("INVALID", ["input", "scopes"])]),
    "no name": ({"name": ""}, [("INVALID", ["input", "name"])]),
    "an overlong name": ({"name": "x" * 81}, [("INVALID", ["input", "name"])]),
    "an expiry in the past": (
        {"expiresAt": "2020-01-01T00:00:00Z"},
        [("INVALID", ["input", "expiresAt"])],
    ),
    "several": (
        {"name": "", "scopes": []},
        [("INVALID", ["input", "name"]), ("INVALID", ["input", "scopes"])],
    ),
}


@pytest.mark.parametrize(("wrong", "expected"), BAD_KEYS.values(), ids=BAD_KEYS.keys())
async def test_a_bad_key_is_refused_by_field(
    client: httpx.AsyncClient,
    services: Services,
    wrong: dict[str, Any],
    expected: list[tuple[str, list[str]]],
) -> None:
    owner = as_session(client, services, await make_person("maker", tier=TierCode.PRO))
    before = await fingerprint(services)

    reply = await owner.run("CreateApiKey", input={**NEW, **wrong})

    assert reply.refusals() == expected
    assert (reply.payload()["apiKey"], reply.payload()["secret"]) == (None, None)
    assert await fingerprint(services) == before


BAD_TIMES = ["2030-01-01T00:00:00", "tomorrow", "0001-01-01T00:00:00+14:00", 5, True]


@pytest.mark.parametrize("moment", BAD_TIMES)
async def test_a_moment_has_an_offset(
    client: httpx.AsyncClient, services: Services, moment: Any
) -> None:
    owner = as_session(client, services, await make_person("maker", tier=TierCode.PRO))

    reply = await owner.run("CreateApiKey", input={**NEW, "expiresAt": moment})

    assert reply.codes == ["BAD_INPUT"]
    assert "expiresAt" in reply.errors[0]["message"]


async def test_keys_need_a_plan_and_the_refusal_names_it(
    client: httpx.AsyncClient, services: Services
) -> None:
    owner = as_session(client, services, await make_person("maker", tier=TierCode.STARTER))

    payload = (await owner.run("CreateApiKey", input=NEW)).payload()

    [error] = payload["userErrors"]
    assert error["code"] == "PLAN_REQUIRED"
    assert error["feature"] == "API_ACCESS"
    assert error["cheapestTier"] == {"code": "PRO"}
    assert payload["apiKey"] is None


async def test_a_key_makes_no_keys(client: httpx.AsyncClient, services: Services) -> None:
    person = await make_person("maker", tier=TierCode.PRO)
    api = await as_key(client, services, person, *ApiScope)

    assert (await api.run("CreateApiKey", input=NEW)).codes == ["FORBIDDEN"]


async def test_a_revoked_key_stays_in_the_list(
    client: httpx.AsyncClient, services: Services
) -> None:
    owner = as_session(client, services, await make_person("maker", tier=TierCode.PRO))
    made = (await owner.run("CreateApiKey", input=NEW)).payload()["apiKey"]

    first = await owner.run("RevokeApiKey", id=made["id"])
    again = await owner.run("RevokeApiKey", id=made["id"])

    assert first.payload()["apiKey"]["revokedAt"] is not None
    assert again.payload() == first.payload()
    [listed] = (await owner.run("ApiKeys")).data["viewer"]["account"]["apiKeys"]
    assert listed["revokedAt"] == first.payload()["apiKey"]["revokedAt"]


async def test_only_ones_own_keys_are_revoked(
    client: httpx.AsyncClient, services: Services
) -> None:
    maker = as_session(client, services, await make_person("maker", tier=TierCode.PRO))
    other = as_session(client, services, await make_person("other", tier=TierCode.PRO))
    made = (await maker.run("CreateApiKey", input=NEW)).payload()["apiKey"]
    before = await fingerprint(services)

    for wrong in (made["id"], gid("ApiKey", "nothing"), gid("Agent", "x"), "!", ""):
        reply = await other.run("RevokeApiKey", id=wrong)
        assert reply.refusals() == [("NOT_FOUND", ["id"])]

    assert await fingerprint(services) == before
    [listed] = (await maker.run("ApiKeys")).data["viewer"]["account"]["apiKeys"]
    assert listed["revokedAt"] is None


async def test_a_key_of_an_account_that_lost_api_access_is_refused_and_works_again_later(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("maker", tier=TierCode.PRO)
    api = await as_key(client, services, person, ApiScope.READ)

    await db.execute("UPDATE account SET tier = 'STARTER'")
    refused = await api.run("WhoAmI")
    await db.execute("UPDATE account SET tier = 'PRO'")
    accepted = await api.run("WhoAmI")

    assert refused.codes == ["PLAN_REQUIRED"]
    assert refused.errors[0]["extensions"]["feature"] == "API_ACCESS"
    assert "Pro" in refused.errors[0]["message"]
    assert accepted.codes == []


async def test_a_service_key_needs_no_api_access(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("maker", tier=TierCode.FREE)
    service = await as_service(client, services, person)

    assert (await service.run("WhoAmI")).codes == []


async def test_a_rotated_key_keeps_its_id_and_both_secrets_work_for_a_while(
    client: httpx.AsyncClient, services: Services
) -> None:
    owner = as_session(client, services, await make_person("maker", tier=TierCode.PRO))
    made = (await owner.run("CreateApiKey", input=NEW)).payload()

    rotated = (await owner.run("RotateApiKey", id=made["apiKey"]["id"])).payload()
    programs = [
        Api(client, {"authorization": f"Bearer {payload['secret']}"}) for payload in (made, rotated)
    ]

    assert rotated["apiKey"]["id"] == made["apiKey"]["id"]
    assert rotated["secret"].startswith(rotated["apiKey"]["prefix"])
    assert made["apiKey"]["previousSecretExpiresAt"] is None
    assert rotated["apiKey"]["previousSecretExpiresAt"] is not None
    assert [(await program.run("WhoAmI")).codes for program in programs] == [[], []]


async def test_a_rotation_wants_a_recent_sign_in_and_no_key(
    client: httpx.AsyncClient, services: Services
) -> None:
    person = await make_person("maker", tier=TierCode.PRO)
    owner = as_session(client, services, person)
    program = await as_key(client, services, person, *ApiScope)
    made = (await owner.run("CreateApiKey", input=NEW)).payload()["apiKey"]
    await put("user_session", "created_at", system_now() - timedelta(minutes=11))
    before = await fingerprint(services)

    late = await owner.run("RotateApiKey", id=made["id"])
    by_key = await program.run("RotateApiKey", id=made["id"])

    assert [code for code, _ in late.refusals()] == ["SIGN_IN_AGAIN"]
    assert late.payload()["secret"] is None
    assert by_key.codes == ["FORBIDDEN"]
    assert await fingerprint(services) == before
