"""Changing the email address or creating a key needs the password or a recent sign-in."""

from datetime import timedelta

import pytest

from chenu.accounts.actor import ActorKind, ApiScope
from chenu.accounts.api_keys import create_api_key, find_key_actor
from chenu.accounts.attempts import PASSWORD_CHECK_PER_USER
from chenu.accounts.profile import ProfileChange, update_profile
from chenu.core.business_clock import advance_clock
from chenu.core.clock import system_now
from chenu.core.errors import ChenuError, Forbidden, RateLimited
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.people import PASSWORD, Person, make_person
from tests.rows import count, fingerprint, put

NEW_ADDRESS = "new@example.org"
INPUTS = pytest.mark.parametrize("kind", ["address", "key"])


async def ask(services: Services, person: Person, kind: str, password: str | None = None) -> None:
    if kind == "address":
        change = ProfileChange(email=NEW_ADDRESS, current_password=password)
        await update_profile(person.actor, change)
    else:
        secret = services.settings.secret
        await create_api_key(
            person.actor, "k", [ApiScope.READ], None, secret, current_password=password
        )


async def done(kind: str) -> int:
    if kind == "key":
        return await count("api_key")
    return await count("mail_token", "purpose = 'CHANGE_EMAIL'")


async def signed_in_ago(age: timedelta) -> Person:
    person = await make_person("zoe", TierCode.PRO)
    await put("user_session", "created_at", system_now() - age)
    return person


@INPUTS
@pytest.mark.parametrize(
    ("minutes", "password", "code"),
    [
        (0, None, None),
        (9.8, None, None),
        (10, None, "INVALID"),
        (10.1, None, "INVALID"),
        (60 * 24, None, "INVALID"),
        (60 * 24, PASSWORD, None),
        (60 * 24, "wrong", "INVALID"),
        (60 * 24, "", "INVALID"),
        (0, "wrong", "INVALID"),
    ],
)
async def test_it_needs_the_password_or_a_sign_in_of_the_last_ten_minutes(
    services: Services, kind: str, minutes: float, password: str | None, code: str | None
) -> None:
    person = await signed_in_ago(timedelta(minutes=minutes))
    before = await fingerprint()

    try:
        await ask(services, person, kind, password)
        answer = None
    except ChenuError as error:
        answer = error

    if code is None:
        assert (answer, await done(kind)) == (None, 1)
    else:
        assert answer is not None
        assert (answer.code, answer.path) == (code, ("current_password",))
        assert await fingerprint() == before


@INPUTS
async def test_the_demos_clock_does_not_make_a_sign_in_old(services: Services, kind: str) -> None:
    person = await make_person("zoe", TierCode.PRO)
    await advance_clock(timedelta(days=40))

    await ask(services, person, kind)

    assert await done(kind) == 1


@INPUTS
async def test_a_stolen_session_cannot_guess_the_password_for_ever(
    services: Services, kind: str
) -> None:
    person = await signed_in_ago(timedelta(hours=1))
    for _ in range(PASSWORD_CHECK_PER_USER.tries):
        with pytest.raises(ChenuError):
            await ask(services, person, kind, "wrong")

    with pytest.raises(RateLimited):
        await ask(services, person, kind, PASSWORD)

    assert await done(kind) == 0


async def test_name_language_and_the_same_address_need_no_password(services: Services) -> None:
    person = await signed_in_ago(timedelta(days=1))

    await update_profile(person.actor, ProfileChange("Zoé", "en", person.email.upper()))

    assert await count("app_user", "display_name = 'Zoé' AND locale = 'en'") == 1


async def test_a_refused_address_changes_no_name_either(services: Services) -> None:
    person = await signed_in_ago(timedelta(days=1))
    before = await fingerprint()

    with pytest.raises(ChenuError):
        await update_profile(person.actor, ProfileChange("Other", None, NEW_ADDRESS))

    assert await fingerprint() == before


async def test_a_key_changes_no_address_even_with_the_password(services: Services) -> None:
    person = await make_person("zoe", TierCode.PRO)
    made = await create_api_key(person.actor, "k", list(ApiScope), None, services.settings.secret)
    actor = await find_key_actor(made.secret, services.settings.secret, "")
    assert actor is not None
    assert actor.kind is ActorKind.API_KEY
    before = await fingerprint()

    change = ProfileChange(email=NEW_ADDRESS, current_password=PASSWORD)
    with pytest.raises(Forbidden):
        await update_profile(actor, change)

    assert await fingerprint() == before
