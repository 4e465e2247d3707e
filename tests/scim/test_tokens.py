"""Tokens: shown once, one at a time, worth nothing after they were made again or revoked."""

import httpx
import pytest

from chenu.accounts.actor import AccountRole
from chenu.core import db
from chenu.core.errors import Forbidden, NotFound
from chenu.flows.services import Services
from chenu.scim.tokens import CALLS_PER_TOKEN, create_token, find_token, revoke_token
from chenu.tiers.catalogue import TierCode
from chenu.tiers.entitlements import PlanRequired
from tests.people import make_member, sign_in_again
from tests.rows import count, put
from tests.scim.directories import Directory, open_directory


async def test_a_token_made_again_ends_the_one_before(
    directory: Directory, services: Services
) -> None:
    before = directory.token
    made = await create_token(
        directory.owner.actor, directory.connection_id, services.settings.secret
    )

    old = await directory.ask("GET", "/Users")
    directory.token = made.secret
    new = await directory.ask("GET", "/Users")

    assert (old.status_code, new.status_code) == (401, 200)
    assert made.secret.startswith("chenu_scim_")
    assert before != made.secret
    stored = await count("scim_token", "secret_hash = convert_to($1, 'UTF8')", made.secret)
    assert stored == 0
    assert made.token.last_used_at is None
    account_id = made.token.account_id
    found = await find_token(account_id, directory.connection_id)
    assert found is not None
    assert found.last_used_at is not None


async def test_a_revoked_token_is_worth_nothing(directory: Directory) -> None:
    await revoke_token(directory.owner.actor, directory.connection_id)
    await revoke_token(directory.owner.actor, directory.connection_id)

    assert (await directory.ask("GET", "/Users")).status_code == 401
    assert await count("audit_event", "action = 'scim_token.revoke'") == 1


async def test_the_owner_of_the_connection_alone_makes_tokens(
    directory: Directory, services: Services, client: httpx.AsyncClient
) -> None:
    other = await open_directory(services, client, "omar", "other.fr")
    member = await make_member(directory.owner, "mia", AccountRole.BILLING)
    pepper = services.settings.secret

    with pytest.raises(NotFound):
        await create_token(other.owner.actor, directory.connection_id, pepper)
    with pytest.raises(NotFound):
        await revoke_token(other.owner.actor, directory.connection_id)
    with pytest.raises(Forbidden):
        await create_token(member.actor, directory.connection_id, pepper)

    assert (await directory.ask("GET", "/Users")).status_code == 200


async def test_without_the_plan_a_token_is_refused_with_words(
    directory: Directory, services: Services
) -> None:
    account_id = directory.owner.actor.account_id
    await db.execute("UPDATE account SET tier = $2 WHERE id = $1", account_id, TierCode.BUSINESS)
    owner = await sign_in_again(directory.owner.user_id, directory.owner.email)

    answer = await directory.ask("GET", "/Users")

    assert answer.status_code == 403
    assert "ENTERPRISE" in answer.json()["detail"].upper()
    with pytest.raises(PlanRequired):
        await create_token(owner.actor, directory.connection_id, services.settings.secret)


async def test_too_many_calls_are_refused_until_later(directory: Directory) -> None:
    await directory.ask("GET", "/Users")
    await put("attempt_window", "tries", CALLS_PER_TOKEN.tries, "subject LIKE '%scim_calls%'")

    answer = await directory.ask("GET", "/Users")

    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) <= 61
    assert answer.json()["status"] == "429"
