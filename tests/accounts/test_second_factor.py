"""The second factor: codes of an app and recovery codes, each taken once, and counted."""

import asyncio

import pyotp
import pytest

from chenu.accounts.attempts import CODE_PER_USER
from chenu.accounts.authenticator import STEP_SECONDS, find_step, new_recovery_codes
from chenu.accounts.encryption import UnreadableSecret, decrypt, encrypt
from chenu.accounts.errors import CodeNeeded, SignInAgain, WrongCode, WrongCredentials
from chenu.accounts.profile import ProfileChange, update_profile
from chenu.accounts.second_factor import (
    CodeGiven,
    begin_factor,
    confirm_factor,
    get_factor,
    remove_factor,
    renew_recovery_codes,
    take_code,
    turn_factor_off,
)
from chenu.accounts.second_step import finish_sign_in, make_step_token
from chenu.accounts.users import Browser, sign_in
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import ChenuError, InvalidState, RateLimited
from chenu.core.ids import new_id
from chenu.flows.services import Services
from tests.accounts.factors import code_of, forget_last_code, switch_on
from tests.people import PASSWORD, make_person
from tests.rows import count, mails_to, put


async def test_it_counts_once_a_code_was_given(services: Services) -> None:
    key = services.settings.secret
    zoe = await make_person("zoe")

    await begin_factor(zoe.actor, key)
    begun = await sign_in(zoe.email, PASSWORD, Browser())
    factor = await get_factor(zoe.actor, zoe.email, key)
    assert factor.app_key is not None
    codes = await confirm_factor(zoe.actor, pyotp.TOTP(factor.app_key.secret).now(), key)

    assert begun.owner == zoe.user_id
    assert len(set(codes)) == 10
    with pytest.raises(CodeNeeded):
        await sign_in(zoe.email, PASSWORD, Browser())
    seen = await get_factor(zoe.actor, zoe.email, key)
    assert (seen.is_on, seen.app_key, seen.codes_left) == (True, None, 10)
    assert await count("audit_event", "action = 'second_factor.on'") == 1


async def test_password_and_code_together_open_a_session(services: Services) -> None:
    zoe = await make_person("zoe")
    secret, _ = await switch_on(services, zoe)
    await forget_last_code()
    given = CodeGiven(code_of(secret), services.settings.secret)

    session = await sign_in(zoe.email, PASSWORD, Browser(), given)

    assert session.owner == zoe.user_id


async def test_a_wrong_password_with_a_right_code_opens_nothing(services: Services) -> None:
    zoe = await make_person("zoe")
    secret, _ = await switch_on(services, zoe)
    await forget_last_code()

    given = CodeGiven(code_of(secret), services.settings.secret)
    with pytest.raises(WrongCredentials):
        await sign_in(zoe.email, "not this one", Browser(), given)

    await take_code(zoe.user_id, code_of(secret), services.settings.secret)


async def test_the_same_code_is_not_taken_twice(services: Services) -> None:
    zoe = await make_person("zoe")
    secret, _ = await switch_on(services, zoe)
    await forget_last_code()
    code = code_of(secret)

    taken = await asyncio.gather(
        *(take_code(zoe.user_id, code, services.settings.secret) for _ in range(4)),
        return_exceptions=True,
    )

    assert taken.count(None) == 1
    assert sum(isinstance(each, WrongCode) for each in taken) == 3


async def test_the_code_that_switched_it_on_is_not_taken_again(services: Services) -> None:
    zoe = await make_person("zoe")
    secret, _ = await switch_on(services, zoe)

    with pytest.raises(WrongCode):
        await take_code(zoe.user_id, code_of(secret), services.settings.secret)


async def test_a_recovery_code_replaces_the_app_once(services: Services) -> None:
    zoe = await make_person("zoe")
    _, codes = await switch_on(services, zoe)
    key = services.settings.secret
    typed = codes[0].lower().replace("-", " ")

    session = await sign_in(zoe.email, PASSWORD, Browser(), CodeGiven(typed, key))

    assert session.owner == zoe.user_id
    with pytest.raises(WrongCode):
        await sign_in(zoe.email, PASSWORD, Browser(), CodeGiven(codes[0], key))
    assert (await get_factor(zoe.actor, zoe.email, key)).codes_left == 9
    assert await mails_to(zoe.email) == ["RECOVERY_CODE_USED"]


async def test_recovery_codes_of_others_and_of_before_open_nothing(services: Services) -> None:
    zoe, ben = await make_person("zoe"), await make_person("ben")
    _, old = await switch_on(services, zoe)
    _, of_ben = await switch_on(services, ben)
    new = await renew_recovery_codes(zoe.actor)

    for code in (old[0], of_ben[0]):
        with pytest.raises(WrongCode):
            await take_code(zoe.user_id, code, services.settings.secret)

    await take_code(zoe.user_id, new[0], services.settings.secret)


async def test_guesses_are_counted_and_then_refused(services: Services) -> None:
    zoe = await make_person("zoe")
    _, codes = await switch_on(services, zoe)
    key = services.settings.secret

    for _ in range(CODE_PER_USER[0].tries):
        with pytest.raises(WrongCode):
            await take_code(zoe.user_id, "000 000", key)
    with pytest.raises(RateLimited):
        await take_code(zoe.user_id, codes[0], key)

    await put("attempt_window", "started_at", system_now() - CODE_PER_USER[0].window, "tries = 6")
    await take_code(zoe.user_id, codes[0], key)
    assert await count("attempt_window", "subject LIKE 'second_factor%'") == 0


ODD = ["", "12345", "1234567", "１２３４５６", "²²²²²²", "\x00", "\ud800", "x" * 100_000]


@pytest.mark.parametrize("code", ODD, ids=range(len(ODD)))
async def test_what_is_no_code_is_wrong(services: Services, code: str) -> None:
    zoe = await make_person("zoe")
    await switch_on(services, zoe)

    with pytest.raises(WrongCode):
        await take_code(zoe.user_id, code, services.settings.secret)


async def test_it_is_not_begun_again_while_it_is_on(services: Services) -> None:
    zoe = await make_person("zoe")
    await switch_on(services, zoe)

    with pytest.raises(InvalidState):
        await begin_factor(zoe.actor, services.settings.secret)

    assert await count("second_factor", "confirmed_at IS NOT NULL") == 1


async def test_it_is_turned_off_by_its_owner_and_by_an_operator(services: Services) -> None:
    zoe = await make_person("zoe")
    await switch_on(services, zoe)
    await turn_factor_off(zoe.actor)
    assert (await sign_in(zoe.email, PASSWORD, Browser())).owner == zoe.user_id
    await switch_on(services, zoe)

    await remove_factor(zoe.user_id, "root", "Showed an identity card.")

    assert (await sign_in(zoe.email, PASSWORD, Browser())).owner == zoe.user_id
    assert await count("recovery_code") == 0
    assert await mails_to(zoe.email) == ["SECOND_FACTOR_OFF"] * 2
    assert await count("audit_event", "by_staff AND action = 'second_factor.remove'") == 1


async def test_an_old_session_begins_ends_and_renews_nothing(services: Services) -> None:
    zoe, ben = await make_person("zoe"), await make_person("ben")
    await switch_on(services, zoe)
    await put("user_session", "created_at", system_now().replace(year=2020))

    for change in (turn_factor_off(zoe.actor), renew_recovery_codes(zoe.actor)):
        with pytest.raises(SignInAgain) as stopped:
            await change
        assert stopped.value.asks_code
    with pytest.raises(SignInAgain) as stopped:
        await begin_factor(ben.actor, services.settings.secret)

    assert not stopped.value.asks_code


async def test_the_password_alone_changes_no_address_of_who_has_it_on(services: Services) -> None:
    zoe = await make_person("zoe")
    await switch_on(services, zoe)
    await put("user_session", "created_at", system_now().replace(year=2020))

    with pytest.raises(SignInAgain):
        await update_profile(
            zoe.actor, ProfileChange(email="new@example.org", current_password=PASSWORD)
        )

    assert await count("mail_token") == 0


async def test_the_second_page_needs_the_token_of_the_first(services: Services) -> None:
    zoe, ben = await make_person("zoe"), await make_person("ben")
    secret, codes = await switch_on(services, zoe)
    key = services.settings.secret
    token = await make_step_token(zoe.user_id, key)
    name, until, mac = token.split(".")
    forged = [
        f"{ben.user_id.hex}.{until}.{mac}",
        f"{name}.{int(until) + 600}.{mac}",
        f"{name}.{until}.{'0' * 64}",
        f"{new_id().hex}.{until}.{mac}",
        "",
        "..",
        f"{name}.²²².{mac}",
        f"{name}.{until}.\udcff",
    ]

    for each in forged:
        with pytest.raises(WrongCredentials):
            await finish_sign_in(each, codes[0], Browser(), key)

    assert (await finish_sign_in(token, codes[0], Browser(), key)).owner == zoe.user_id
    await forget_last_code()
    await put("app_user", "password_hash", "another", "id = $2", zoe.user_id)
    with pytest.raises(WrongCredentials):
        await finish_sign_in(token, code_of(secret), Browser(), key)


async def test_the_secret_is_encrypted_and_bound_to_its_owner(services: Services) -> None:
    zoe = await make_person("zoe")
    secret, codes = await switch_on(services, zoe)

    stored = bytes(await db.fetch_value("SELECT secret FROM second_factor"))
    rows = str(await db.fetch_value("SELECT string_agg(r::text, '') FROM recovery_code r"))

    assert secret.encode() not in stored
    assert not any(code in rows for code in codes)
    assert decrypt(stored, services.settings.secret, zoe.user_id) == secret.encode()
    for other_key, owner in ((b"another", zoe.user_id), (services.settings.secret, new_id())):
        with pytest.raises(UnreadableSecret):
            decrypt(stored, other_key, owner)
    assert encrypt(b"x", b"k", zoe.user_id) != encrypt(b"x", b"k", zoe.user_id)


async def test_recovery_codes_work_when_the_secret_cannot_be_read(services: Services) -> None:
    zoe = await make_person("zoe")
    secret, codes = await switch_on(services, zoe)
    await forget_last_code()

    with pytest.raises(WrongCode):
        await take_code(zoe.user_id, code_of(secret), b"another CHENU_SECRET")

    await take_code(zoe.user_id, codes[0], b"another CHENU_SECRET")


async def test_a_phone_may_be_half_a_minute_off() -> None:
    secret, now = pyotp.random_base32(), system_now()
    totp = pyotp.TOTP(secret)
    current = int(now.timestamp()) // STEP_SECONDS

    found = [
        find_step(secret, totp.at((current + off) * STEP_SECONDS), now) for off in range(-2, 3)
    ]

    assert found == [None, current - 1, current, current + 1, None]
    assert len({code for _ in range(20) for code in new_recovery_codes()}) == 200


async def test_nobody_without_a_second_factor_is_asked(services: Services) -> None:
    zoe = await make_person("zoe")

    session = await sign_in(zoe.email, PASSWORD, Browser(), CodeGiven("123456"))

    assert session.owner == zoe.user_id
    with pytest.raises(ChenuError):
        await turn_factor_off(zoe.actor)
