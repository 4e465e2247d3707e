"""Passwords: changed with the old one, or reset by a mailed link."""

import asyncio

import pytest

from chenu.accounts.attempts import MAIL_PER_EMAIL, MAIL_PER_IP, PASSWORD_CHECK_PER_USER
from chenu.accounts.errors import WrongCredentials
from chenu.accounts.mail_tokens import Purpose, is_mail_token_good
from chenu.accounts.profile import ProfileChange, update_profile
from chenu.accounts.recovery import (
    change_password,
    request_password_reset,
    reset_password,
    verify_email,
)
from chenu.accounts.sessions import find_actor
from chenu.accounts.users import Browser, get_user, sign_in
from chenu.core.clock import system_now
from chenu.core.errors import ChenuError, Invalid, RateLimited
from chenu.flows.services import Services
from tests.accounts.mailed import mailed_token
from tests.people import PASSWORD, make_person, sign_in_again
from tests.rows import count, fingerprint, mails_to, put

NEW = "another good password"
EMAIL = "192.0.2.7"


async def test_a_new_password_ends_every_other_session(services: Services) -> None:
    person = await make_person("zoe")
    other = await sign_in_again(person.user_id, person.email)

    await change_password(person.actor, PASSWORD, NEW)

    assert await find_actor(person.token, "") is not None
    assert await find_actor(other.token, "") is None
    assert await mails_to(person.email) == ["PASSWORD_CHANGED"]
    assert (await sign_in(person.email, NEW, Browser())).token
    with pytest.raises(WrongCredentials):
        await sign_in(person.email, PASSWORD, Browser())


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [
        ("wrong", NEW, "current_password"),
        ("", NEW, "current_password"),
        (PASSWORD, "short", "new_password"),
        (PASSWORD, "x" * 201, "new_password"),
        (PASSWORD, "password", "new_password"),
        (PASSWORD, "zoe@example.org", "new_password"),
    ],
)
async def test_a_refused_change_names_its_field_and_changes_nothing(
    services: Services, current: str, new: str, field: str
) -> None:
    person = await make_person("zoe")
    before = await fingerprint()

    with pytest.raises(ChenuError) as refused:
        await change_password(person.actor, current, new)

    assert (refused.value.code, refused.value.path) == ("INVALID", (field,))
    assert await fingerprint() == before


async def test_a_stolen_session_cannot_guess_the_password_for_ever(services: Services) -> None:
    person = await make_person("zoe")
    await count_up(f"{PASSWORD_CHECK_PER_USER.name}:{person.user_id}", 10)

    with pytest.raises(RateLimited):
        await change_password(person.actor, PASSWORD, NEW)


async def test_a_forgotten_password_is_chosen_anew_and_ends_all_sessions(
    services: Services,
) -> None:
    person = await make_person("zoe")
    await put("app_user", "email_verified_at", None)

    await request_password_reset(" ZOE@example.org", EMAIL)
    token = await mailed_token(person.email)
    assert await is_mail_token_good(token, Purpose.RESET_PASSWORD)
    await reset_password(token, NEW)

    assert await find_actor(person.token, "") is None
    assert (await sign_in(person.email, NEW, Browser())).token
    assert await mails_to(person.email) == ["PASSWORD_RESET", "PASSWORD_CHANGED", "WELCOME"]
    assert (await get_user(person.user_id)).email_verified


async def test_an_unknown_address_gets_the_same_answer_and_no_mail(services: Services) -> None:
    await make_person("zoe")
    before = await fingerprint()

    await request_password_reset("nobody@example.org", EMAIL)

    assert await fingerprint() == before


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "a\x00@example.org", "\ud800@example.org"])
async def test_what_is_no_address_is_reported_so(services: Services, email: str) -> None:
    with pytest.raises(Invalid) as refused:
        await request_password_reset(email, EMAIL)

    assert refused.value.path == ("email",)


@pytest.mark.parametrize("email", ["zoe@example.org", "nobody@example.org"])
async def test_known_and_unknown_addresses_have_the_same_limit(
    services: Services, email: str
) -> None:
    await make_person("zoe")
    for n in range(MAIL_PER_EMAIL.tries):
        await request_password_reset(email, f"192.0.2.{n}")

    with pytest.raises(RateLimited):
        await request_password_reset(email, "192.0.2.200")


async def test_one_address_cannot_have_many_people_mailed(services: Services) -> None:
    await make_person("zoe")
    await count_up(f"{MAIL_PER_IP.name}:{EMAIL}", MAIL_PER_IP.tries)

    with pytest.raises(RateLimited):
        await request_password_reset("zoe@example.org", EMAIL)

    assert await mails_to("zoe@example.org") == []


@pytest.mark.parametrize("new", ["short", "password", "x" * 201, "zoe@example.org"])
async def test_a_refused_password_leaves_the_link_usable(services: Services, new: str) -> None:
    person = await make_person("zoe")
    await request_password_reset(person.email, EMAIL)
    token = await mailed_token(person.email)
    before = await fingerprint()

    with pytest.raises(Invalid) as refused:
        await reset_password(token, new)

    assert refused.value.path == ("new_password",)
    assert await fingerprint() == before
    await reset_password(token, NEW)


@pytest.mark.parametrize("token", ["", "x", "\x00", "\ud800"], ids=repr)
async def test_an_invented_link_resets_nothing(services: Services, token: str) -> None:
    await make_person("zoe")
    before = await fingerprint()

    with pytest.raises(Invalid) as refused:
        await reset_password(token, NEW)

    assert refused.value.path == ("token",)
    assert await fingerprint() == before


async def test_a_link_ends_after_half_an_hour(services: Services) -> None:
    person = await make_person("zoe")
    await request_password_reset(person.email, EMAIL)
    token = await mailed_token(person.email)
    await put("mail_token", "expires_at", system_now())
    before = await fingerprint()

    with pytest.raises(Invalid):
        await reset_password(token, NEW)

    assert await fingerprint() == before


async def test_a_link_resets_once_whoever_opens_it_at_once(services: Services) -> None:
    person = await make_person("zoe")
    await request_password_reset(person.email, EMAIL)
    token = await mailed_token(person.email)

    tasks = (reset_password(token, f"{NEW} {n}") for n in range(4))
    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(answer) for answer in answers if answer is not None] == [Invalid] * 3
    assert await count("outbox_mail", "kind = 'PASSWORD_CHANGED'") == 1


async def test_a_changed_password_makes_open_links_worthless(services: Services) -> None:
    person = await make_person("zoe")
    await request_password_reset(person.email, EMAIL)
    token = await mailed_token(person.email)
    await change_password(person.actor, PASSWORD, NEW)

    with pytest.raises(Invalid):
        await reset_password(token, f"{NEW} again")


async def test_a_link_sent_to_an_address_that_was_left_is_worth_nothing(
    services: Services,
) -> None:
    person = await make_person("zoe")
    await request_password_reset(person.email, EMAIL)
    token = await mailed_token(person.email)
    await update_profile(person.actor, ProfileChange(email="new@example.org"))
    await verify_email(await mailed_token("new@example.org"))

    with pytest.raises(Invalid):
        await reset_password(token, NEW)

    assert await find_actor(person.token, "") is not None


async def count_up(subject: str, tries: int) -> None:
    from chenu.core import db

    sql = "INSERT INTO attempt_window (subject, started_at, tries) VALUES ($1, $2, $3)"
    await db.execute(sql, subject, system_now(), tries)
