"""Service keys: for the CHE·NU apps, acting for the account that each request names."""

import pytest

from chenu.accounts.actor import AccountId, Actor, ActorKind, ApiScope
from chenu.accounts.credentials import API_KEY_HEAD, SERVICE_KEY_HEAD, new_key
from chenu.accounts.service_keys import (
    SERVICE_SCOPES,
    create_service_key,
    find_service_actor,
    revoke_service_keys,
)
from chenu.core import db
from chenu.core.errors import ChenuError, Forbidden, NotFound, Unauthenticated
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.people import make_person
from tests.rows import count, fingerprint


async def find(services: Services, secret: str, account: AccountId | None) -> Actor | None:
    return await find_service_actor(secret, services.settings.secret, "192.0.2.7", account)


async def test_a_service_key_reads_and_runs_for_the_account_that_is_named(
    services: Services,
) -> None:
    person = await make_person("zoe", TierCode.FREE)
    secret = await create_service_key("mobile app", services.settings.secret)

    actor = await find(services, secret, person.actor.account_id)

    assert actor is not None
    assert (actor.kind, actor.account_id, actor.tier) == (
        ActorKind.SERVICE_KEY,
        person.actor.account_id,
        TierCode.FREE,
    )
    assert actor.scopes == SERVICE_SCOPES == {ApiScope.READ, ApiScope.EXECUTIONS}
    assert (actor.user_id, actor.account_role, actor.staff) == (None, None, frozenset())


async def test_a_service_key_is_nobody_and_spends_nothing(services: Services) -> None:
    person = await make_person("zoe", TierCode.PRO)
    secret = await create_service_key("mobile app", services.settings.secret)
    actor = await find(services, secret, person.actor.account_id)
    assert actor is not None

    with pytest.raises(Unauthenticated):
        actor.require_user()
    for scope in ApiScope:
        with pytest.raises(Forbidden):
            actor.require_spender(scope)


async def test_only_the_hash_is_stored(services: Services) -> None:
    secret = await create_service_key("mobile app", services.settings.secret)

    row = str(await db.fetch_value("SELECT k::text FROM service_key k"))
    assert secret.startswith(SERVICE_KEY_HEAD)
    assert secret not in row


@pytest.mark.parametrize("account", [None, AccountId(new_id())], ids=["none", "unknown"])
async def test_an_account_has_to_be_named(services: Services, account: AccountId | None) -> None:
    secret = await create_service_key("mobile app", services.settings.secret)

    with pytest.raises(Forbidden, match="Chenu-Account"):
        await find(services, secret, account)


async def test_keys_of_other_kinds_or_never_made_are_unknown(services: Services) -> None:
    person = await make_person("zoe")
    secret = await create_service_key("mobile app", services.settings.secret)
    wrong = (new_key(API_KEY_HEAD).secret, new_key(SERVICE_KEY_HEAD).secret, secret[:-1], "", "é")

    found = [await find(services, key, person.actor.account_id) for key in wrong]

    assert found == [None] * len(wrong)


async def test_use_is_noted(services: Services) -> None:
    person = await make_person("zoe")
    secret = await create_service_key("mobile app", services.settings.secret)

    await find(services, secret, person.actor.account_id)

    assert await count("service_key", "last_used_at IS NOT NULL") == 1


async def test_a_revoked_key_stops_at_once(services: Services) -> None:
    person = await make_person("zoe")
    secret = await create_service_key("mobile app", services.settings.secret)
    prefix = str(await db.fetch_value("SELECT prefix FROM service_key"))

    assert await revoke_service_keys(prefix) == 1

    assert await find(services, secret, person.actor.account_id) is None
    with pytest.raises(NotFound):
        await revoke_service_keys(prefix)


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\nb", "a\x00b"], ids=repr)
async def test_a_key_without_a_proper_name_is_not_made(services: Services, name: str) -> None:
    before = await fingerprint()

    with pytest.raises(ChenuError) as refused:
        await create_service_key(name, services.settings.secret)

    assert refused.value.path == ("name",)
    assert await fingerprint() == before
