"""Signing in: the same error for unknown and wrong, exact limits, rehashed passwords."""

import asyncio
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from chenu.accounts.attempts import (
    MAIL_PER_EMAIL,
    SIGN_IN_PER_EMAIL,
    SIGN_IN_PER_IP,
    count_attempt,
)
from chenu.accounts.errors import WrongCredentials
from chenu.accounts.passwords import needs_rehash, verify_password
from chenu.accounts.users import Browser, sign_in
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import ChenuError, RateLimited
from chenu.core.retention import purge
from chenu.flows.services import Services
from chenu.jobs.purge import RETENTION_OF
from tests.people import PASSWORD, make_person
from tests.rows import count, fingerprint

BROWSER = Browser("Firefox", "192.0.2.7")


async def test_a_person_signs_in_with_any_spelling_of_the_address(services: Services) -> None:
    person = await make_person("zoe")

    session = await sign_in(" ZOE@Example.ORG ", PASSWORD, BROWSER)

    assert await count("user_session", "id = $1 AND owner = $2", session.id, person.user_id) == 1


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("zoe@example.org", "a wrong password"),
        ("zoe@example.org", ""),
        ("zoe@example.org", PASSWORD + " "),
        ("zoe@example.org", "x" * 100_000),
        ("zoe@example.org", "\x00"),
        ("zoe@example.org", "\ud800"),
        ("nobody@example.org", PASSWORD),
        ("", PASSWORD),
        ("no address", PASSWORD),
        ("zoe\x00@example.org", PASSWORD),
        ("zoe\ud800@example.org", PASSWORD),
        ("z" * 100_000, PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ],
    ids=lambda text: repr(text)[:30],
)
async def test_unknown_and_wrong_are_reported_in_the_same_words(
    services: Services, email: str, password: str
) -> None:
    await make_person("zoe")
    before = await fingerprint()

    with pytest.raises(WrongCredentials) as refused:
        await sign_in(email, password, BROWSER)

    words = (refused.value.code, str(refused.value), refused.value.path)
    assert words == ("INVALID", "The e-mail address or the password is wrong", ())
    assert await fingerprint() == before


async def test_exactly_ten_tries_of_one_address_whatever_runs_at_once(services: Services) -> None:
    tasks = (sign_in("zoe@example.org", "wrong", Browser("", f"192.0.2.{n}")) for n in range(30))
    answers = await asyncio.gather(*tasks, return_exceptions=True)

    wrong = [answer for answer in answers if isinstance(answer, WrongCredentials)]
    limited = [answer for answer in answers if isinstance(answer, RateLimited)]
    assert (len(wrong), len(limited)) == (SIGN_IN_PER_EMAIL.tries, 30 - SIGN_IN_PER_EMAIL.tries)


async def test_a_full_window_refuses_the_right_password_too(services: Services) -> None:
    await make_person("zoe")
    await _fill(f"{SIGN_IN_PER_EMAIL.name}:zoe@example.org", SIGN_IN_PER_EMAIL.tries)
    before = await fingerprint()

    with pytest.raises(RateLimited):
        await sign_in("zoe@example.org", PASSWORD, BROWSER)

    assert await fingerprint() == before


async def test_one_address_cannot_try_many_people(services: Services) -> None:
    await _fill(f"{SIGN_IN_PER_IP.name}:{BROWSER.ip}", SIGN_IN_PER_IP.tries)

    with pytest.raises(RateLimited) as refused:
        await sign_in("somebody.new@example.org", "wrong", BROWSER)

    assert 1 <= refused.value.retry_after <= SIGN_IN_PER_IP.window.total_seconds() + 1


async def test_a_success_starts_the_persons_window_afresh(services: Services) -> None:
    await make_person("zoe")
    await _fill(f"{SIGN_IN_PER_EMAIL.name}:zoe@example.org", SIGN_IN_PER_EMAIL.tries - 1)

    await sign_in("zoe@example.org", PASSWORD, BROWSER)

    assert await count("attempt_window", "subject LIKE 'sign_in_email%'") == 0


async def test_a_window_that_is_over_counts_from_one(services: Services) -> None:
    await _fill("mail_email:zoe", MAIL_PER_EMAIL.tries)
    await db.execute(
        "UPDATE attempt_window SET started_at = $1", system_now() - MAIL_PER_EMAIL.window
    )

    await count_attempt(MAIL_PER_EMAIL, "zoe")

    assert await db.fetch_value("SELECT tries FROM attempt_window") == 1


async def test_windows_of_days_ago_are_forgotten(services: Services) -> None:
    await _fill("mail_email:old", 1)
    await db.execute("UPDATE attempt_window SET started_at = now() - interval '49 hours'")
    await _fill("mail_email:new", 1)

    forgotten = await purge(RETENTION_OF["attempt_window"])

    assert (forgotten, await count("attempt_window")) == (1, 1)


async def test_a_hash_of_older_strength_is_replaced_at_sign_in(services: Services) -> None:
    person = await make_person("zoe")
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    await db.execute("UPDATE app_user SET password_hash = $1", weak)

    await sign_in(person.email, PASSWORD, BROWSER)

    stored = str(await db.fetch_value("SELECT password_hash FROM app_user"))
    assert not needs_rehash(stored)
    assert await verify_password(PASSWORD, stored)


async def test_a_damaged_hash_lets_nobody_in(services: Services) -> None:
    person = await make_person("zoe")
    await db.execute("UPDATE app_user SET password_hash = 'damaged'")

    with pytest.raises(ChenuError, match="wrong"):
        await sign_in(person.email, PASSWORD, BROWSER)


async def test_a_session_remembers_a_shortened_user_agent(services: Services) -> None:
    await make_person("zoe")

    session = await sign_in("zoe@example.org", PASSWORD, Browser("x" * 5000, "192.0.2.7"))

    sql = "SELECT length(user_agent) FROM user_session WHERE id = $1"
    assert await db.fetch_value(sql, session.id) == 300
    assert session.expires_at - system_now() < timedelta(days=90)


async def _fill(subject: str, tries: int) -> None:
    sql = "INSERT INTO attempt_window (subject, started_at, tries) VALUES ($1, $2, $3)"
    await db.execute(sql, subject, system_now(), tries)
