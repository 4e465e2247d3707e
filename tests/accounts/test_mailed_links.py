"""A new password or a verified email address invalidates earlier links."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from chenu.accounts.actor import ApiScope
from chenu.accounts.api_keys import create_api_key
from chenu.accounts.mail_tokens import Purpose, is_mail_token_good, make_mail_token
from chenu.accounts.profile import ProfileChange, update_profile
from chenu.accounts.recovery import (
    cancel_email_change,
    change_password,
    request_password_reset,
    reset_password,
    verify_email,
)
from chenu.accounts.sessions import find_actor, revoke_sessions
from chenu.accounts.users import Browser, SignUp, find_user_by_email, get_user, sign_in, sign_up
from chenu.core.errors import AlreadyExists, ChenuError, Invalid, Unauthenticated
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.accounts.mailed import cancelling_token, mailed_token, squat
from tests.people import PASSWORD, Person, make_person, sign_in_again
from tests.rows import count, fingerprint, mails_to

NEW = "another good password"
MINE, THEIRS = "mine@example.org", "theirs@example.org"


async def _change(person: Person) -> None:
    await change_password(person.actor, PASSWORD, NEW)


async def _reset(person: Person) -> None:
    await request_password_reset(person.email, "192.0.2.7")
    await reset_password(await mailed_token(person.email), NEW)


async def _prove(person: Person) -> None:
    await verify_email(await make_mail_token(person.user_id, Purpose.VERIFY_EMAIL, person.email))


async def _move(person: Person) -> None:
    await verify_email(await make_mail_token(person.user_id, Purpose.CHANGE_EMAIL, "x@example.org"))


ENDINGS = {"change": _change, "reset": _reset, "proof": _prove, "new address": _move}
End = Callable[[Person], Awaitable[None]]


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS.keys())
@pytest.mark.parametrize("purpose", list(Purpose))
async def test_every_link_ends_with_a_new_password_and_with_a_proof(
    services: Services, purpose: Purpose, end: End
) -> None:
    person = await make_person("zoe")
    token = await make_mail_token(person.user_id, purpose, MINE)
    others = await make_person("other")
    stored = await make_mail_token(others.user_id, purpose, others.email)

    await end(person)

    assert not await is_mail_token_good(token, purpose)
    assert await is_mail_token_good(stored, purpose)


@pytest.mark.parametrize("end", [_change, _reset], ids=["change", "reset"])
async def test_a_thief_of_a_session_does_not_get_the_account_by_an_older_link(
    services: Services, end: End
) -> None:
    """With zoe's session the thief requested a change to their own address.

    She follows our notice.
    """
    person = await make_person("zoe")
    await update_profile(person.actor, ProfileChange(email=THEIRS))
    link = await mailed_token(THEIRS)

    await end(person)

    before = await fingerprint()
    with pytest.raises(Invalid) as refused:
        await verify_email(link)
    assert refused.value.path == ("token",)
    assert await fingerprint() == before
    assert (await get_user(person.user_id)).email == person.email


async def test_who_signed_up_with_my_address_does_not_get_it_back(services: Services) -> None:
    stranger = await squat(MINE)
    sign_up_link = await mailed_token(MINE)
    await update_profile(stranger.actor, ProfileChange(email=THEIRS))
    old_link = await mailed_token(THEIRS)

    await request_password_reset(MINE, "192.0.2.7")
    await reset_password(await mailed_token(MINE), NEW)
    mine = await sign_in(MINE, NEW, Browser())

    for token in (old_link, sign_up_link):
        with pytest.raises(Invalid):
            await verify_email(token)
    user = await find_user_by_email(MINE)
    assert user is not None
    assert user.email_verified
    assert await find_actor(mine.token, "") is not None
    assert await find_actor(stranger.token, "") is None
    assert await find_user_by_email(THEIRS) is None


async def test_a_change_that_was_asked_for_ends_with_the_proof_of_the_address(
    services: Services,
) -> None:
    stranger = await squat(MINE)
    sign_up_link = await mailed_token(MINE)
    await update_profile(stranger.actor, ProfileChange(email=THEIRS))

    await verify_email(sign_up_link)

    with pytest.raises(Invalid):
        await verify_email(await mailed_token(THEIRS))


async def test_a_link_to_an_address_whose_owner_signed_up_meanwhile_is_refused(
    services: Services,
) -> None:
    person = await make_person("zoe")
    await update_profile(person.actor, ProfileChange(email=MINE))
    link = await mailed_token(MINE)
    await sign_up(SignUp(MINE, PASSWORD, "Owner"), Browser(), verify_at_once=False)
    await verify_email(await mailed_token(MINE))
    before = await fingerprint()

    with pytest.raises(AlreadyExists):
        await verify_email(link)

    assert await fingerprint() == before


async def test_the_old_address_cancels_the_change_with_one_click(services: Services) -> None:
    person = await make_person("zoe")
    await update_profile(person.actor, ProfileChange(email=THEIRS))
    token = await cancelling_token(person.email)

    await cancel_email_change(token)

    with pytest.raises(Invalid):
        await verify_email(await mailed_token(THEIRS))
    with pytest.raises(Invalid):
        await cancel_email_change(token)


async def test_an_older_notice_cancels_a_newer_change_too(services: Services) -> None:
    person = await make_person("zoe")
    await update_profile(person.actor, ProfileChange(email="first@example.org"))
    token = await cancelling_token(person.email)
    await update_profile(person.actor, ProfileChange(email=THEIRS))

    await cancel_email_change(token)

    with pytest.raises(Invalid):
        await verify_email(await mailed_token(THEIRS))
    with pytest.raises(Invalid):
        await cancel_email_change(await cancelling_token(person.email))


@pytest.mark.parametrize("purpose", [each for each in Purpose if each is not Purpose.CANCEL_CHANGE])
async def test_no_other_link_cancels_and_the_cancelling_one_does_nothing_else(
    services: Services, purpose: Purpose
) -> None:
    person = await make_person("zoe")
    other = await make_mail_token(person.user_id, purpose, person.email)
    cancelling = await make_mail_token(person.user_id, Purpose.CANCEL_CHANGE, person.email)
    before = await fingerprint()

    with pytest.raises(Invalid):
        await cancel_email_change(other)
    with pytest.raises(Invalid):
        await verify_email(cancelling)
    with pytest.raises(Invalid):
        await reset_password(cancelling, NEW)

    assert await fingerprint() == before


async def test_a_change_asked_for_while_the_password_changes_is_ended_or_refused(
    services: Services,
) -> None:
    for _ in range(5):
        person = await make_person(f"zoe{await count('app_user')}")
        await request_password_reset(person.email, "192.0.2.7")
        token = await mailed_token(person.email)
        request = ProfileChange(email=f"new.{person.email}")

        await asyncio.gather(
            reset_password(token, NEW),
            update_profile(person.actor, request),
            return_exceptions=True,
        )

        where = "owner = $1 AND used_at IS NULL"
        assert await count("mail_token", where, person.user_id) == 0


async def test_a_session_that_has_ended_asks_for_nothing(services: Services) -> None:
    person = await make_person("zoe", TierCode.PRO)
    await revoke_sessions(person.user_id)
    before = await fingerprint()

    with pytest.raises(Unauthenticated):
        await update_profile(person.actor, ProfileChange(email=THEIRS))
    with pytest.raises(Unauthenticated):
        await create_api_key(person.actor, "k", [ApiScope.READ], None, b"pepper")
    with pytest.raises(ChenuError):
        await change_password(person.actor, PASSWORD, NEW)

    assert await fingerprint() == before


async def test_a_password_changed_meanwhile_is_not_changed_by_the_old_one(
    services: Services,
) -> None:
    person = await make_person("zoe")
    again = await sign_in_again(person.user_id, person.email)

    requests = (change_password(who.actor, PASSWORD, NEW) for who in (person, again))
    answers = await asyncio.gather(*requests, return_exceptions=True)

    assert len([answer for answer in answers if answer is None]) == 1
    assert await mails_to(person.email) == ["PASSWORD_CHANGED"]
