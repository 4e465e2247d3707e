"""Name and language change at once, an email address by the links that are mailed."""

import asyncio
from datetime import timedelta

import pytest

from chenu.accounts.actor import ANONYMOUS
from chenu.accounts.attempts import MAIL_PER_EMAIL
from chenu.accounts.mail_tokens import LIFE, Purpose, is_mail_token_good, make_mail_token
from chenu.accounts.profile import ProfileChange, update_profile
from chenu.accounts.recovery import verify_email
from chenu.accounts.sessions import find_actor
from chenu.accounts.users import (
    Browser,
    SignUp,
    find_user_by_email,
    get_user,
    send_verification,
    sign_up,
)
from chenu.core.clock import system_now
from chenu.core.errors import AlreadyExists, ChenuError, Invalid, RateLimited, Unauthenticated
from chenu.flows.services import Services
from tests.accounts.mailed import mailed_token
from tests.people import PASSWORD, Person, make_person
from tests.rows import count, fingerprint, mails_to, put


async def test_name_and_language_change_at_once(services: Services) -> None:
    person = await make_person("zoe")

    await update_profile(person.actor, ProfileChange(display_name=" Zoé B. ", locale="en"))

    user = await get_user(person.user_id)
    assert (user.display_name, user.locale, user.email) == ("Zoé B.", "en", person.email)
    assert await count("audit_event", "action = 'user.update' AND actor = $1", user.id) == 1


async def test_what_is_not_given_stays(services: Services) -> None:
    person = await make_person("zoe")
    before = await get_user(person.user_id)

    await update_profile(person.actor, ProfileChange(email=person.email.upper()))

    assert await get_user(person.user_id) == before
    assert await mails_to(person.email) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (ProfileChange(display_name=""), "display_name"),
        (ProfileChange(display_name="a\x00b"), "display_name"),
        (ProfileChange(display_name="x" * 81), "display_name"),
        (ProfileChange(display_name="\u202egnp.exe"), "display_name"),
        (ProfileChange(locale="FR"), "locale"),
        (ProfileChange(email="zoe"), "email"),
        (ProfileChange(email=""), "email"),
        (ProfileChange(email="a\x00@example.org"), "email"),
    ],
    ids=repr,
)
async def test_a_wrong_change_names_its_field_and_changes_nothing(
    services: Services, change: ProfileChange, field: str
) -> None:
    person = await make_person("zoe")
    before = await fingerprint()

    with pytest.raises(ChenuError) as refused:
        await update_profile(person.actor, change)

    assert (refused.value.code, refused.value.path) == ("INVALID", (field,))
    assert await fingerprint() == before


async def test_nobody_in_particular_has_no_profile(services: Services) -> None:
    with pytest.raises(Unauthenticated):
        await update_profile(ANONYMOUS, ProfileChange(display_name="X"))


async def test_a_new_address_counts_once_its_own_link_is_opened(services: Services) -> None:
    person = await make_person("zoe")

    await update_profile(person.actor, ProfileChange(email="New@example.org"))

    assert (await get_user(person.user_id)).email == person.email
    assert await mails_to("new@example.org") == ["EMAIL_CHANGE_CONFIRM"]
    assert await mails_to(person.email) == ["EMAIL_CHANGE_NOTICE"]
    user = await verify_email(await mailed_token("new@example.org"))
    assert (user.id, user.email, user.email_verified) == (person.user_id, "new@example.org", True)


async def test_the_notice_to_the_old_address_holds_no_link_that_confirms(
    services: Services,
) -> None:
    person = await make_person("zoe")
    await update_profile(person.actor, ProfileChange(email="new@example.org"))

    where = "to_address = $1 AND params ? 'token'"

    assert await count("outbox_mail", where, person.email) == 0


async def test_an_address_of_somebody_else_is_reported_by_mail_alone(services: Services) -> None:
    person, other = await make_person("zoe"), await make_person("other")

    await update_profile(person.actor, ProfileChange(display_name="X", email=other.email))

    assert await mails_to(other.email) == ["EMAIL_CHANGE_CONFIRM"]
    assert await count("outbox_mail", "to_address = $1 AND params ? 'token'", other.email) == 0
    assert await mails_to(person.email) == ["EMAIL_CHANGE_NOTICE"]
    assert (await get_user(person.user_id)).email == person.email


async def test_an_address_taken_meanwhile_is_refused_and_the_link_stays(
    services: Services,
) -> None:
    person = await make_person("zoe")
    await update_profile(person.actor, ProfileChange(email="other@example.org"))
    await make_person("other")
    token = await mailed_token("other@example.org")
    before = await fingerprint()

    with pytest.raises(AlreadyExists):
        await verify_email(token)

    assert await fingerprint() == before


async def test_two_people_confirm_one_address_at_once_and_one_gets_it(services: Services) -> None:
    people = [await make_person(f"zoe{n}") for n in range(4)]
    tokens = [
        await make_mail_token(person.user_id, Purpose.CHANGE_EMAIL, "shared@example.org")
        for person in people
    ]
    request = SignUp("shared@example.org", PASSWORD, "Shared")

    confirmed = (verify_email(token) for token in tokens)
    joined = sign_up(request, Browser(), verify_at_once=True)
    answers = await asyncio.gather(*confirmed, joined, return_exceptions=True)

    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert [type(answer) for answer in refused] == [AlreadyExists] * 4
    assert await count("app_user", "email = 'shared@example.org'") == 1


async def test_only_so_many_changes_of_address_are_mailed(services: Services) -> None:
    person = await make_person("zoe")
    for n in range(MAIL_PER_EMAIL.tries):
        await update_profile(person.actor, ProfileChange(email=f"new{n}@example.org"))
    before = await fingerprint()

    with pytest.raises(RateLimited):
        await update_profile(person.actor, ProfileChange(email="last@example.org"))

    assert await fingerprint() == before


async def test_a_verification_link_works_once(services: Services) -> None:
    person = await _unverified("zoe")
    token = await mailed_token(person.email)

    user = await verify_email(token)

    assert user.email_verified
    before = await fingerprint()
    with pytest.raises(Invalid) as refused:
        await verify_email(token)
    assert refused.value.path == ("token",)
    assert await fingerprint() == before


async def test_a_newer_link_replaces_the_older_one(services: Services) -> None:
    person = await _unverified("zoe")
    old = await mailed_token(person.email)
    await send_verification(person.user_id)
    new = await mailed_token(person.email)

    with pytest.raises(Invalid):
        await verify_email(old)
    assert (await verify_email(new)).email_verified


async def test_a_verified_person_gets_no_second_link(services: Services) -> None:
    person = await make_person("zoe")

    await send_verification(person.user_id)

    assert await mails_to(person.email) == []


async def test_a_link_to_an_address_that_was_left_does_not_bring_it_back(
    services: Services,
) -> None:
    person = await _unverified("zoe")
    first = await mailed_token(person.email)
    await update_profile(person.actor, ProfileChange(email="new@example.org"))
    await verify_email(await mailed_token("new@example.org"))

    with pytest.raises(Invalid):
        await verify_email(first)

    assert (await get_user(person.user_id)).email == "new@example.org"


@pytest.mark.parametrize(
    ("purpose", "works"),
    [(Purpose.VERIFY_EMAIL, True), (Purpose.CHANGE_EMAIL, True), (Purpose.RESET_PASSWORD, False)],
)
async def test_a_link_is_for_one_purpose(services: Services, purpose: Purpose, works: bool) -> None:
    person = await make_person("zoe")
    token = await make_mail_token(person.user_id, purpose, person.email)

    try:
        await verify_email(token)
        answer = True
    except Invalid:
        answer = False

    assert answer is works


@pytest.mark.parametrize("purpose", list(Purpose))
async def test_a_link_ends_by_itself(services: Services, purpose: Purpose) -> None:
    person = await make_person("zoe")
    token = await make_mail_token(person.user_id, purpose, person.email)

    assert await is_mail_token_good(token, purpose)
    latest = system_now() + LIFE[purpose]
    where = "expires_at BETWEEN $1 AND $2"
    assert await count("mail_token", where, latest - timedelta(seconds=10), latest) == 1
    await put("mail_token", "expires_at", system_now())
    assert not await is_mail_token_good(token, purpose)


@pytest.mark.parametrize("token", ["", "x", "\x00", "\ud800", "x" * 100_000], ids=repr)
async def test_an_invented_link_changes_nothing(services: Services, token: str) -> None:
    await make_person("zoe")
    before = await fingerprint()

    with pytest.raises(Invalid):
        await verify_email(token)

    assert await fingerprint() == before


async def _unverified(name: str) -> Person:
    email = f"{name}@example.org"
    session = await sign_up(SignUp(email, PASSWORD, "Zoé"), Browser(), verify_at_once=False)
    actor = await find_actor(session.token, "")
    assert actor is not None
    assert await find_user_by_email(email)
    return Person(actor, session.token, email)
