"""Sessions: only our own ids, stored as hashes, ended by time and on request."""

import hashlib
from datetime import timedelta

import pytest

from chenu.accounts.actor import ActorKind, SessionId, Staff
from chenu.accounts.credentials import csrf_token
from chenu.accounts.sessions import (
    ABSOLUTE,
    IDLE,
    STAFF_ABSOLUTE,
    find_actor,
    list_sessions,
    open_session,
    revoke_session,
    revoke_sessions,
)
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import NotFound
from chenu.core.ids import new_id
from chenu.core.retention import purge
from chenu.flows.services import Services
from chenu.jobs.purge import RETENTION_OF
from tests.people import make_person, sign_in_again
from tests.rows import count, fingerprint, put


async def test_only_the_hash_of_a_token_is_stored(services: Services) -> None:
    person = await make_person("zoe")

    row = str(await db.fetch_value("SELECT s::text FROM user_session s"))
    digest = await db.fetch_value("SELECT token_hash FROM user_session")
    assert person.token not in row
    assert digest == hashlib.sha256(person.token.encode()).digest()


@pytest.mark.parametrize(
    "token", ["", "chosen by the browser", "A" * 43, "x" * 10_000, "\x00", "\xff", "\ud800"]
)
async def test_an_id_that_we_did_not_make_is_never_adopted(services: Services, token: str) -> None:
    await make_person("zoe")
    before = await fingerprint()

    assert await find_actor(token, "") is None
    assert await fingerprint() == before


async def test_every_sign_in_has_an_id_and_a_token_of_its_own(services: Services) -> None:
    person = await make_person("zoe")

    again = await sign_in_again(person.user_id, person.email)

    assert again.token != person.token
    assert again.actor.session_id != person.actor.session_id


async def test_a_session_carries_what_its_person_is_now(services: Services) -> None:
    person = await make_person("zoe")
    await db.execute("UPDATE account SET tier = 'PRO'")
    await db.execute("UPDATE app_user SET locale = 'en', email_verified_at = NULL")

    actor = await find_actor(person.token, "192.0.2.9")

    assert actor is not None
    assert (actor.kind, actor.tier, actor.locale) == (ActorKind.SESSION, "PRO", "en")
    assert (actor.email_verified, actor.ip) == (False, "192.0.2.9")


@pytest.mark.parametrize(
    ("column", "age", "works"),
    [
        ("last_seen_at", IDLE - timedelta(minutes=1), True),
        ("last_seen_at", IDLE, False),
        ("expires_at", timedelta(seconds=-60), True),
        ("expires_at", timedelta(0), False),
        ("revoked_at", timedelta(0), False),
    ],
    ids=["nearly idle", "idle", "nearly over", "over", "revoked"],
)
async def test_a_session_ends_by_time_and_by_hand(
    services: Services, column: str, age: timedelta, works: bool
) -> None:
    person = await make_person("zoe")
    await put("user_session", column, system_now() - age)

    assert (await find_actor(person.token, "") is not None) is works
    assert bool(await list_sessions(person.user_id)) is works


async def test_a_session_lasts_ninety_days_and_one_of_staff_eight_hours(services: Services) -> None:
    person = await make_person("zoe")
    staff = await make_person("salome", staff=(Staff.SUPPORT,))

    for owner, life in ((person.user_id, ABSOLUTE), (staff.user_id, STAFF_ABSOLUTE)):
        session = await open_session(owner, "", "")
        left = session.expires_at - system_now()
        assert life - timedelta(seconds=5) < left <= life


async def test_who_joins_the_staff_keeps_no_long_session(services: Services) -> None:
    person = await make_person("zoe")
    await db.execute("UPDATE user_session SET created_at = $1", system_now() - STAFF_ABSOLUTE)
    assert await find_actor(person.token, "") is not None

    sql = "INSERT INTO staff_role (id, member, role) VALUES ($1, $2, 'FINANCE')"
    await db.execute(sql, new_id(), person.user_id)

    assert await find_actor(person.token, "") is None
    assert await list_sessions(person.user_id) == []


async def test_use_is_noted_at_most_once_a_minute(services: Services) -> None:
    person = await make_person("zoe")
    before = await fingerprint()

    await find_actor(person.token, "192.0.2.1")
    assert await fingerprint() == before
    await db.execute("UPDATE user_session SET last_seen_at = now() - interval '61 seconds'")
    await find_actor(person.token, "192.0.2.1")

    [session] = await list_sessions(person.user_id)
    assert session.ip == "192.0.2.1"
    assert system_now() - session.last_seen_at < timedelta(seconds=30)


async def test_the_list_shows_ones_own_sessions_the_last_used_first(services: Services) -> None:
    person = await make_person("zoe")
    second = await sign_in_again(person.user_id, person.email)
    await make_person("other")
    sql = "UPDATE user_session SET last_seen_at = now() - interval '1 day' WHERE id = $1"
    await db.execute(sql, person.actor.session_id)

    listed = [session.id for session in await list_sessions(person.user_id)]

    assert listed == [second.actor.session_id, person.actor.session_id]


async def test_one_session_is_ended_and_the_others_stay(services: Services) -> None:
    person = await make_person("zoe")
    second = await sign_in_again(person.user_id, person.email)
    assert second.actor.session_id is not None

    await revoke_session(person.user_id, second.actor.session_id)

    assert await find_actor(second.token, "") is None
    assert await find_actor(person.token, "") is not None


async def test_all_other_sessions_are_ended(services: Services) -> None:
    person = await make_person("zoe")
    others = [await sign_in_again(person.user_id, person.email) for _ in range(3)]
    stranger = await make_person("stranger")

    ended = await revoke_sessions(person.user_id, but=person.actor.session_id)

    assert ended == 3
    assert [await find_actor(other.token, "") for other in others] == [None, None, None]
    assert await find_actor(person.token, "")
    assert await find_actor(stranger.token, "")


async def test_anothers_session_is_not_found_and_goes_on(services: Services) -> None:
    person, other = await make_person("zoe"), await make_person("other")
    theirs = other.actor.session_id
    assert theirs is not None
    before = await fingerprint()

    for session_id in (theirs, SessionId(new_id())):
        with pytest.raises(NotFound):
            await revoke_session(person.user_id, session_id)

    assert await fingerprint() == before


async def test_rows_of_sessions_that_ended_long_ago_are_forgotten(services: Services) -> None:
    person = await make_person("zoe")
    for column in ("expires_at", "revoked_at"):
        session = await open_session(person.user_id, "", "")
        await put("user_session", column, system_now() - timedelta(days=31), "id = $2", session.id)

    assert await purge(RETENTION_OF["user_session"]) == 2
    assert await count("user_session") == 1
    assert await purge(RETENTION_OF["user_session"]) == 0


def test_a_csrf_token_belongs_to_one_session_and_one_secret() -> None:
    first, second = new_id().hex, new_id().hex
    tokens = {
        csrf_token(first, b"secret"),
        csrf_token(second, b"secret"),
        csrf_token(first, b"other"),
    }

    assert len(tokens) == 3
    assert csrf_token(first, b"secret") == csrf_token(first, b"secret")
