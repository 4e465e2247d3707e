"""API keys: shown once, stored as a hash, limited by plan, scopes, expiry and their creator."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from chenu.accounts.actor import AccountId, AccountRole, Actor, ActorKind, ApiScope, Staff
from chenu.accounts.api_keys import (
    MAX_LIVE_KEYS,
    ApiKeyId,
    CreatedKey,
    create_api_key,
    find_key_actor,
    get_api_key,
    list_api_keys,
    revoke_api_key,
)
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import ChenuError, Forbidden, LimitReached, NotFound, Unauthenticated
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.tiers.catalogue import Feature, TierCode, get_tier
from chenu.tiers.entitlements import PlanRequired
from tests.people import Person, make_member, make_person
from tests.rows import count, fingerprint, put

SCOPES = (ApiScope.READ, ApiScope.MARKETPLACE)


async def create(
    services: Services,
    person: Person,
    name: str = "ci",
    scopes: Sequence[ApiScope] = SCOPES,
    expires_at: datetime | None = None,
) -> CreatedKey:
    return await create_api_key(person.actor, name, scopes, expires_at, services.settings.secret)


async def find(services: Services, secret: str) -> Actor | None:
    return await find_key_actor(secret, services.settings.secret, "192.0.2.7")


async def test_a_key_acts_for_its_account_with_its_scopes(services: Services) -> None:
    person = await make_person("camille", TierCode.PRO, staff=(Staff.ADMIN,))

    made = await create(services, person)
    actor = await find(services, made.secret)

    assert actor is not None
    assert (actor.kind, actor.account_id, actor.user_id) == (
        ActorKind.API_KEY,
        person.actor.account_id,
        person.user_id,
    )
    assert (actor.scopes, actor.staff, actor.account_role) == (
        frozenset(SCOPES),
        frozenset(),
        AccountRole.OWNER,
    )
    assert actor.may(ApiScope.READ)
    assert not actor.may(ApiScope.BILLING)


async def test_the_secret_is_shown_once_and_stored_as_a_hash(services: Services) -> None:
    person = await make_person("camille", TierCode.PRO)

    made = await create(services, person, name=" Production ")

    row = str(await db.fetch_value("SELECT k::text FROM api_key k"))
    audit = str(await db.fetch_value("SELECT string_agg(e::text, '') FROM audit_event e"))
    assert made.secret.startswith(made.key.prefix)
    assert made.secret not in row + audit
    assert made.key.prefix in audit
    assert (made.key.name, made.key.scopes) == ("Production", ["MARKETPLACE", "READ"])


@pytest.mark.parametrize("tier", [TierCode.FREE, TierCode.STARTER])
async def test_a_plan_without_api_access_is_informed_the_cheapest_that_has_it(
    services: Services, tier: TierCode
) -> None:
    person = await make_person("camille", tier)
    before = await fingerprint()

    with pytest.raises(PlanRequired) as refused:
        await create(services, person)

    assert refused.value.feature is Feature.API_ACCESS
    assert refused.value.cheapest_tier is get_tier(TierCode.PRO)
    assert await fingerprint() == before


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"scopes": ()}, "scopes"),
        ({"expires_at": system_now()}, "expires_at"),
        ({"expires_at": system_now() - timedelta(days=1)}, "expires_at"),
    ],
    ids=["empty", "blank", "long", "two lines", "nul", "no scope", "now", "past"],
)
async def test_a_wrong_request_names_its_field_and_changes_nothing(
    services: Services, sent: dict[str, object], field: str
) -> None:
    person = await make_person("camille", TierCode.PRO)
    before = await fingerprint()

    with pytest.raises(ChenuError) as refused:
        await create(services, person, **sent)  # type: ignore[arg-type]

    assert (refused.value.code, refused.value.path) == ("INVALID", (field,))
    assert await fingerprint() == before


async def test_a_stolen_key_cannot_make_or_revoke_keys(services: Services) -> None:
    person = await make_person("camille", TierCode.PRO)
    made = await create(services, person, scopes=list(ApiScope))
    actor = await find(services, made.secret)
    assert actor is not None
    before = await fingerprint()

    with pytest.raises(Forbidden):
        await create_api_key(actor, "x", SCOPES, None, services.settings.secret)
    with pytest.raises(Forbidden):
        await revoke_api_key(actor, made.key.id)

    assert await fingerprint() == before


async def test_only_those_who_may_spend_make_keys(services: Services) -> None:
    owner = await make_person("nora", TierCode.BUSINESS)
    member = await make_member(owner, "hugo", AccountRole.MEMBER)
    billing = await make_member(owner, "theo", AccountRole.BILLING)

    with pytest.raises(Forbidden):
        await create(services, member)
    made = await create(services, billing)

    assert made.key.account_id == owner.actor.account_id


@pytest.mark.parametrize(
    "spoil",
    [
        lambda secret: secret[:-1],
        lambda secret: secret + "0",
        lambda secret: secret[:20] + ("A" if secret[20] != "A" else "B") + secret[21:],
        lambda secret: secret.swapcase(),
        lambda secret: secret.replace("live", "test"),
        lambda secret: f" {secret}",
        lambda secret: f"{secret}\x00",
        lambda secret: f"{secret[:-1]}é",
        lambda secret: "chenu_live_",
        lambda secret: "",
    ],
    ids=["cut", "longer", "typo", "case", "head", "space", "nul", "accent", "head only", "empty"],
)
async def test_a_mistyped_key_is_refused_without_asking_the_database(
    services: Services, spoil: object
) -> None:
    person = await make_person("camille", TierCode.PRO)
    made = await create(services, person)
    wrong = spoil(made.secret)  # type: ignore[operator]

    await db.stop()
    try:
        actor = await find(services, wrong)
    finally:
        await db.start()

    assert actor is None


async def test_a_well_formed_key_that_we_never_made_is_unknown(services: Services) -> None:
    from chenu.accounts.credentials import API_KEY_HEAD, new_key

    assert await find(services, new_key(API_KEY_HEAD).secret) is None


async def test_another_pepper_makes_every_key_worthless(services: Services) -> None:
    person = await make_person("camille", TierCode.PRO)
    made = await create(services, person)

    assert await find_key_actor(made.secret, b"another secret of the server", "") is None


async def test_a_revoked_key_stops_at_once_and_for_ever(services: Services) -> None:
    person = await make_person("camille", TierCode.PRO)
    made = await create(services, person)

    revoked = await revoke_api_key(person.actor, made.key.id)
    again = await revoke_api_key(person.actor, made.key.id)

    assert revoked.revoked_at is not None
    assert again == revoked
    assert await find(services, made.secret) is None
    assert await count("audit_event", "action = 'api_key.revoke'") == 1


async def test_an_expired_key_stops_by_itself(services: Services) -> None:
    person = await make_person("camille", TierCode.PRO)
    made = await create(services, person, expires_at=system_now() + timedelta(hours=1))

    assert await find(services, made.secret) is not None
    await put("api_key", "expires_at", system_now())
    assert await find(services, made.secret) is None


async def test_a_key_ends_with_its_makers_membership(services: Services) -> None:
    owner = await make_person("nora", TierCode.BUSINESS)
    billing = await make_member(owner, "theo", AccountRole.BILLING)
    made = await create(services, billing)

    await db.execute(
        "DELETE FROM membership WHERE member = $1 AND role = 'BILLING'", billing.user_id
    )

    assert await find(services, made.secret) is None


async def test_use_is_noted_to_the_minute(services: Services) -> None:
    person = await make_person("camille", TierCode.PRO)
    made = await create(services, person)
    assert made.key.last_used_at is None

    await find(services, made.secret)
    first = await fingerprint()
    await find(services, made.secret)
    assert await fingerprint() == first
    await put("api_key", "last_used_at", system_now() - timedelta(seconds=61))
    await find(services, made.secret)

    key = await get_api_key(made.key.account_id, made.key.id)
    assert key.last_used_at is not None
    assert system_now() - key.last_used_at < timedelta(seconds=30)


async def test_an_account_has_at_most_twenty_five_keys_whatever_runs_at_once(
    services: Services,
) -> None:
    person = await make_person("camille", TierCode.PRO)

    tasks = (create(services, person, name=f"key {n}") for n in range(MAX_LIVE_KEYS + 5))
    answers = await asyncio.gather(*tasks, return_exceptions=True)

    refused = [answer for answer in answers if isinstance(answer, LimitReached)]
    assert (len(refused), await count("api_key")) == (5, MAX_LIVE_KEYS)
    made = next(answer for answer in answers if isinstance(answer, CreatedKey))
    await revoke_api_key(person.actor, made.key.id)
    assert (await create(services, person)).secret


async def test_keys_are_listed_newest_first_with_the_revoked_ones(services: Services) -> None:
    person = await make_person("camille", TierCode.PRO)
    other = await make_person("other", TierCode.PRO)
    made = [await create(services, person, name=f"key {n}") for n in range(3)]
    await create(services, other)
    await revoke_api_key(person.actor, made[1].key.id)
    assert person.actor.account_id is not None

    listed = await list_api_keys([person.actor.account_id])

    assert [key.name for key in listed] == ["key 2", "key 1", "key 0"]
    assert [key.revoked_at is None for key in listed] == [True, False, True]


async def test_anothers_key_is_not_found(services: Services) -> None:
    person, other = await make_person("camille", TierCode.PRO), await make_person("other")
    made = await create(services, person)
    before = await fingerprint()

    for actor, key_id in ((other.actor, made.key.id), (person.actor, ApiKeyId(new_id()))):
        with pytest.raises(NotFound):
            await revoke_api_key(actor, key_id)
    with pytest.raises(NotFound):
        await get_api_key(AccountId(new_id()), made.key.id)
    with pytest.raises(Unauthenticated):
        await revoke_api_key(Actor(), made.key.id)

    assert await fingerprint() == before
