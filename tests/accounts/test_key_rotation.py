"""A rotated key: the same one with a new secret, the old one for a day, and nobody else's."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountRole, ApiScope
from chenu.accounts.api_keys import (
    ApiKeyId,
    CreatedKey,
    create_api_key,
    find_key_actor,
    revoke_api_key,
)
from chenu.accounts.errors import RightMissing, SignInAgain
from chenu.accounts.key_rotation import GRACE, rotate_api_key
from chenu.core.clock import system_now
from chenu.core.errors import Forbidden, InvalidState, NotFound
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from chenu.tiers.entitlements import PlanRequired
from tests.people import Person, make_member, make_person
from tests.rows import count, fingerprint, put


async def make(services: Services, person: Person) -> CreatedKey:
    pepper = services.settings.secret
    return await create_api_key(person.actor, "ci", [ApiScope.READ], None, pepper)


async def rotate(services: Services, person: Person, made: CreatedKey) -> CreatedKey:
    return await rotate_api_key(person.actor, made.key.id, services.settings.secret)


async def works(services: Services, made: CreatedKey) -> bool:
    return await find_key_actor(made.secret, services.settings.secret, "") is not None


async def test_a_new_secret_of_the_same_key_and_the_old_one_for_a_day(services: Services) -> None:
    person = await make_person("camille", TierCode.PRO)
    made = await make(services, person)

    rotated = await rotate(services, person, made)

    until = rotated.key.previous_until
    assert until is not None
    assert abs(until - system_now() - timedelta(hours=24)) < timedelta(minutes=1)
    assert (rotated.key.id, rotated.key.name, rotated.key.scopes) == (
        made.key.id,
        made.key.name,
        made.key.scopes,
    )
    assert rotated.secret.startswith(rotated.key.prefix)
    assert rotated.secret != made.secret
    assert [await works(services, each) for each in (made, rotated)] == [True, True]
    await put("api_key", "previous_until", system_now())
    assert [await works(services, each) for each in (made, rotated)] == [False, True]
    assert await count("api_key") == 1
    assert await count("audit_event", "action = 'api_key.rotate'") == 1


async def test_rotating_again_ends_the_oldest_secret_at_once(services: Services) -> None:
    person = await make_person("camille", TierCode.PRO)
    first = await make(services, person)
    second = await rotate(services, person, first)

    third = await rotate(services, person, second)

    alive = [await works(services, each) for each in (first, second, third)]
    assert alive == [False, True, True]


async def test_of_two_rotations_at_once_each_makes_a_secret(services: Services) -> None:
    person = await make_person("camille", TierCode.PRO)
    first = await make(services, person)

    both = await asyncio.gather(*(rotate(services, person, first) for _ in range(2)))

    assert [await works(services, each) for each in both] == [True, True]
    assert not await works(services, first)


async def test_a_revoked_key_has_no_secret_that_works(services: Services) -> None:
    person = await make_person("camille", TierCode.PRO)
    made = await make(services, person)
    rotated = await rotate(services, person, made)

    await revoke_api_key(person.actor, made.key.id)

    assert [await works(services, each) for each in (made, rotated)] == [False, False]


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
async def test_a_key_that_has_ended_is_not_rotated(services: Services, column: str) -> None:
    person = await make_person("camille", TierCode.PRO)
    made = await make(services, person)
    await put("api_key", column, system_now() - timedelta(minutes=1))
    before = await fingerprint()

    with pytest.raises(InvalidState, match="make a new one"):
        await rotate(services, person, made)

    assert await fingerprint() == before


async def test_the_grace_period_is_not_longer_than_the_key_lives(services: Services) -> None:
    person = await make_person("camille", TierCode.PRO)
    made = await make(services, person)
    soon = system_now() + GRACE / 2
    await put("api_key", "expires_at", soon)

    rotated = await rotate(services, person, made)

    assert rotated.key.previous_until == soon


async def test_a_colleague_gets_no_secret_that_acts_as_its_maker(services: Services) -> None:
    owner = await make_person("nora", TierCode.BUSINESS)
    billing = await make_member(owner, "theo", AccountRole.BILLING)
    made = await make(services, owner)
    before = await fingerprint()

    with pytest.raises(RightMissing, match="revoke it"):
        await rotate(services, billing, made)

    assert await fingerprint() == before


async def test_keys_of_others_are_not_found_and_a_key_rotates_none(services: Services) -> None:
    person = await make_person("camille", TierCode.PRO)
    other = await make_person("other", TierCode.PRO)
    made = await make(services, person)
    pepper = services.settings.secret
    program = await find_key_actor(made.secret, pepper, "")
    assert program is not None
    before = await fingerprint()

    for actor, key_id in ((other.actor, made.key.id), (person.actor, ApiKeyId(new_id()))):
        with pytest.raises(NotFound):
            await rotate_api_key(actor, key_id, pepper)
    with pytest.raises(Forbidden):
        await rotate_api_key(program, made.key.id, pepper)

    assert await fingerprint() == before


async def test_it_needs_a_sign_in_of_the_last_ten_minutes(services: Services) -> None:
    person = await make_person("camille", TierCode.PRO)
    made = await make(services, person)
    await put("user_session", "created_at", system_now() - timedelta(minutes=10))
    before = await fingerprint()

    with pytest.raises(SignInAgain):
        await rotate(services, person, made)

    assert await fingerprint() == before


async def test_it_needs_a_plan_with_keys(services: Services) -> None:
    person = await make_person("camille", TierCode.PRO)
    made = await make(services, person)
    without = replace(person.actor, tier=TierCode.STARTER)

    with pytest.raises(PlanRequired):
        await rotate_api_key(without, made.key.id, services.settings.secret)
