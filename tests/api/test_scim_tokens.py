"""Tokens of directories over GraphQL: shown once, worth nothing once they are revoked."""

from datetime import timedelta

import httpx
import pytest

from chenu.core.clock import system_now
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.api.calls import as_session, gid
from tests.people import Person, make_person
from tests.rows import put
from tests.scim.directories import Directory
from tests.sso.standing import put_standing


@pytest.fixture
async def owner() -> Person:
    return await make_person("elsa", TierCode.ENTERPRISE)


async def test_a_directory_writes_by_a_token_until_it_is_revoked(
    client: httpx.AsyncClient, services: Services, owner: Person
) -> None:
    api = as_session(client, services, owner)
    connection = (await put_standing(owner))["connection"]
    provider = gid("SignInProvider", connection)

    made = (await api.run("CreateScimToken", id=provider)).payload()
    directory = Directory(owner, connection, made["secret"], client)
    works = await directory.ask("GET", "/Users")
    listed = (await api.run("SingleSignOn")).data["viewer"]["account"]["signInProviders"]
    ended = (await api.run("RevokeScimToken", id=provider)).payload()
    again = (await api.run("RevokeScimToken", id=provider)).payload()

    assert works.status_code == 200
    assert listed[0]["scimUrl"].endswith("/scim/v2")
    assert listed[0]["scimToken"]["prefix"] == made["scimToken"]["prefix"]
    assert listed[0]["scimToken"]["lastUsedAt"] is not None
    assert made["secret"] not in str(listed)
    assert ended["scimToken"]["revokedAt"] is not None
    assert again["scimToken"] is None
    assert (await directory.ask("GET", "/Users")).status_code == 401


async def test_a_token_asks_for_a_plan_and_a_fresh_sign_in(
    client: httpx.AsyncClient, services: Services, owner: Person
) -> None:
    small = await make_person("sam", TierCode.BUSINESS)
    own = (await put_standing(small))["connection"]
    others = (await put_standing(owner, "acme.fr"))["connection"]

    refused = await as_session(client, services, small).run(
        "CreateScimToken", id=gid("SignInProvider", own)
    )
    await put("user_session", "created_at", system_now() - timedelta(hours=1))
    stale = await as_session(client, services, owner).run(
        "CreateScimToken", id=gid("SignInProvider", others)
    )

    assert refused.refusals()[0][0] == "PLAN_REQUIRED"
    assert stale.refusals()[0][0] == "SIGN_IN_AGAIN"
