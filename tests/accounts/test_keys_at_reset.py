"""API keys created by a stranger are shown at a password reset, and can be revoked there."""

import pytest

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import ApiKeyId, create_api_key, find_key_actor
from chenu.accounts.mail_tokens import Purpose, make_mail_token
from chenu.accounts.recovery import (
    find_reset_offer,
    request_password_reset,
    reset_password,
)
from chenu.core.errors import Invalid
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.accounts.mailed import mailed_token, squat
from tests.people import Person, make_person
from tests.rows import count, fingerprint

NEW = "another good password"
MINE = "mine@example.org"


async def _make_key(services: Services, person: Person, name: str) -> tuple[ApiKeyId, str]:
    pepper = services.settings.secret
    made = await create_api_key(person.actor, name, [ApiScope.READ], None, pepper)
    return made.key.id, made.secret


async def _works(services: Services, secret: str) -> bool:
    return await find_key_actor(secret, services.settings.secret, "") is not None


async def test_the_holder_of_a_reset_link_sees_the_keys_and_revokes_those_that_are_named(
    services: Services,
) -> None:
    stranger = await squat(MINE)
    theirs, secret = await _make_key(services, stranger, "theirs")
    _, stored = await _make_key(services, stranger, "stored")
    await request_password_reset(MINE, "192.0.2.7")
    token = await mailed_token(MINE)

    offer = await find_reset_offer(token)
    await reset_password(token, NEW, revoked_keys=[theirs])

    assert offer is not None
    assert ([key.name for key in offer.keys], offer.is_proved) == (["stored", "theirs"], False)
    assert (await _works(services, secret), await _works(services, stored)) == (False, True)
    assert await count("audit_event", "action = 'api_key.revoke'") == 1


@pytest.mark.parametrize(("revoked", "works"), [((), True), (None, False)], ids=["none", "all"])
async def test_a_reset_revokes_no_key_or_all(
    services: Services, revoked: tuple[ApiKeyId, ...] | None, works: bool
) -> None:
    person = await make_person("zoe", TierCode.PRO)
    secrets = [(await _make_key(services, person, f"k{n}"))[1] for n in range(3)]
    await request_password_reset(person.email, "192.0.2.7")

    await reset_password(await mailed_token(person.email), NEW, revoked_keys=revoked)

    assert {await _works(services, secret) for secret in secrets} == {works}


async def test_a_reset_touches_nobody_elses_keys(services: Services) -> None:
    person = await make_person("zoe", TierCode.PRO)
    other = await make_person("other", TierCode.PRO)
    key_id, secret = await _make_key(services, other, "other")
    await request_password_reset(person.email, "192.0.2.7")

    await reset_password(await mailed_token(person.email), NEW, revoked_keys=[key_id])

    assert await _works(services, secret)


async def test_a_refused_password_revokes_nothing(services: Services) -> None:
    person = await make_person("zoe", TierCode.PRO)
    await _make_key(services, person, "k")
    await request_password_reset(person.email, "192.0.2.7")
    token = await mailed_token(person.email)
    before = await fingerprint()

    with pytest.raises(Invalid):
        await reset_password(token, "short", revoked_keys=None)

    assert await fingerprint() == before


async def test_a_bad_link_offers_nothing(services: Services) -> None:
    person = await make_person("zoe", TierCode.PRO)
    await _make_key(services, person, "k")
    verify = await make_mail_token(person.user_id, Purpose.VERIFY_EMAIL, person.email)

    assert [await find_reset_offer(token) for token in ("", "x", "\x00", verify)] == [None] * 4
