"""Signing up: a person with a personal account, signed in; nothing for a wrong request."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from chenu.accounts.actor import AccountRole
from chenu.accounts.attempts import SIGN_UP_PER_IP
from chenu.accounts.documents import ACCEPTED_AT_SIGN_UP, CURRENT
from chenu.accounts.passwords import MAX_LENGTH
from chenu.accounts.queries import list_accounts, list_memberships
from chenu.accounts.sessions import NewSession, find_actor
from chenu.accounts.users import Browser, SignUp, find_user_by_email, sign_up
from chenu.core import db
from chenu.core.errors import AlreadyExists, ChenuError, RateLimited
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.people import PASSWORD
from tests.rows import count, fingerprint, mails_to

INPUT = SignUp("Zoe@Example.org ", PASSWORD, "  Zoé Lambert ", "fr")
BROWSER = Browser("Firefox", "192.0.2.7")


async def test_a_new_person_has_a_personal_account_on_free(services: Services) -> None:
    session = await sign_up(INPUT, BROWSER, verify_at_once=False)

    actor = await find_actor(session.token, "192.0.2.7")
    assert actor is not None
    assert actor.account_id is not None
    [account] = await list_accounts([actor.account_id])
    [membership] = await list_memberships([actor.require_user()])
    assert (account.kind, account.tier, account.name) == ("PERSONAL", TierCode.FREE, "Zoé Lambert")
    assert membership.role is AccountRole.OWNER
    assert (actor.email_verified, actor.is_staff) == (False, False)


async def test_what_was_accepted_is_stored_with_its_version(services: Services) -> None:
    session = await sign_up(INPUT, BROWSER, verify_at_once=False)
    actor = await find_actor(session.token, "")
    assert actor is not None

    for document in ACCEPTED_AT_SIGN_UP:
        where = "owner = $1 AND document = $2 AND version = $3"
        version = CURRENT[document].version
        assert await count("acceptance", where, actor.user_id, document, version) == 1
    assert await count("acceptance") == len(ACCEPTED_AT_SIGN_UP)


async def test_the_address_is_stored_in_lower_case_and_gets_a_link(services: Services) -> None:
    await sign_up(INPUT, BROWSER, verify_at_once=False)

    user = await find_user_by_email("ZOE@EXAMPLE.ORG")
    assert user is not None
    assert (user.email, user.display_name, user.email_verified) == (
        "zoe@example.org",
        "Zoé Lambert",
        False,
    )
    assert await mails_to("zoe@example.org") == ["EMAIL_VERIFY"]


async def test_the_demo_verifies_at_once_and_sends_no_link(services: Services) -> None:
    await sign_up(INPUT, BROWSER, verify_at_once=True)

    user = await find_user_by_email("zoe@example.org")
    assert user is not None
    assert user.email_verified
    assert await mails_to("zoe@example.org") == ["WELCOME"]


async def test_the_password_is_stored_as_an_argon2id_hash(services: Services) -> None:
    await sign_up(INPUT, BROWSER, verify_at_once=True)

    stored = str(await db.fetch_value("SELECT password_hash FROM app_user"))
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "zoe"}, "email"),
        ({"email": "zoe@example"}, "email"),
        ({"email": "zoe@@example.org"}, "email"),
        ({"email": "a b@example.org"}, "email"),
        ({"email": "zoe@exa..mple.org"}, "email"),
        ({"email": ".zoe@example.org"}, "email"),
        ({"email": "zoe.@example.org"}, "email"),
        ({"email": "zoe@-example.org"}, "email"),
        ({"email": "zoe\x00@example.org"}, "email"),
        ({"email": "zoe\ud800@example.org"}, "email"),
        ({"email": "zoe\n@example.org\nBcc: a@example.org"}, "email"),
        ({"email": f"{'z' * 250}@example.org"}, "email"),
        ({"email": f"{'z' * 65}@example.org"}, "email"),
        ({"password": ""}, "password"),
        ({"password": "1234567"}, "password"),
        ({"password": "password"}, "password"),
        ({"password": "aaaaaaaaaaaa"}, "password"),
        ({"password": "ZOE@example.org"}, "password"),
        ({"password": "x" * MAX_LENGTH + "yz!"}, "password"),
        ({"display_name": ""}, "display_name"),
        ({"display_name": "   "}, "display_name"),
        ({"display_name": "\u200b\u200b"}, "display_name"),
        ({"display_name": "Zoé\nLambert"}, "display_name"),
        ({"display_name": "Zoé\u2028Lambert"}, "display_name"),
        ({"display_name": "Zoé\x00"}, "display_name"),
        ({"display_name": "Zoé\ud800"}, "display_name"),
        ({"display_name": "Z" * 81}, "display_name"),
        ({"locale": "de"}, "locale"),
        ({"locale": ""}, "locale"),
    ],
    ids=repr,
)
async def test_a_wrong_request_names_its_field_and_changes_nothing(
    services: Services, change: dict[str, Any], field: str
) -> None:
    before = await fingerprint()

    with pytest.raises(ChenuError) as refused:
        await sign_up(replace(INPUT, **change), BROWSER, verify_at_once=False)

    assert [error.path for error in refused.value.each] == [(field,)]
    assert {error.code for error in refused.value.each} == {"INVALID"}
    assert await fingerprint() == before


async def test_everything_that_is_wrong_is_reported_at_once(services: Services) -> None:
    request = SignUp("zoe", "short", "", "de")

    with pytest.raises(ChenuError) as refused:
        await sign_up(request, BROWSER, verify_at_once=False)

    paths = [error.path[0] for error in refused.value.each]
    assert paths == ["email", "password", "display_name", "locale"]


async def test_a_known_address_is_refused_in_any_spelling(services: Services) -> None:
    await sign_up(INPUT, BROWSER, verify_at_once=True)
    before = await fingerprint()

    with pytest.raises(AlreadyExists) as refused:
        await sign_up(replace(INPUT, email="ＺＯＥ@example.org"), BROWSER, verify_at_once=True)

    assert refused.value.path == ("email",)
    assert await fingerprint() == before


async def test_eight_sign_ups_of_one_address_make_one_person(services: Services) -> None:
    tasks = (sign_up(INPUT, BROWSER, verify_at_once=True) for _ in range(8))
    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert len([answer for answer in answers if isinstance(answer, NewSession)]) == 1
    assert len([answer for answer in answers if isinstance(answer, AlreadyExists)]) == 7
    assert (await count("app_user"), await count("account"), await count("membership")) == (1, 1, 1)


async def test_an_address_may_sign_up_only_so_often(services: Services) -> None:
    sql = "INSERT INTO attempt_window (subject, started_at, tries) VALUES ($1, now(), $2)"
    subject = f"{SIGN_UP_PER_IP.name}:{BROWSER.ip}"
    await db.execute(sql, subject, SIGN_UP_PER_IP.tries)

    with pytest.raises(RateLimited) as refused:
        await sign_up(INPUT, BROWSER, verify_at_once=False)

    assert 0 < refused.value.retry_after <= SIGN_UP_PER_IP.window.total_seconds() + 1
    assert await count("app_user") == 0


@pytest.mark.parametrize(
    "sent", ["x" * 101, "CHENU\n0123ABCD", "a\x07"], ids=["long", "lines", "bell"]
)
async def test_a_referral_code_is_a_line_of_text(services: Services, sent: str) -> None:
    before = await fingerprint()

    with pytest.raises(ChenuError) as refused:
        await sign_up(replace(INPUT, referral_code=sent), BROWSER, verify_at_once=True)

    assert (refused.value.code, refused.value.path) == ("INVALID", ("referral_code",))
    assert await fingerprint() == before
