"""Sessions in PostgreSQL: a new random id at each sign-in, listed and revocable.

All times here are system time.
"""

from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import (
    AccountId,
    AccountRole,
    Actor,
    ActorKind,
    SessionId,
    Staff,
    UserId,
)
from chenu.accounts.credentials import hash_token, new_token
from chenu.accounts.overrides import OVERRIDES_OF_A, read_overrides
from chenu.accounts.seats import PLACE, has_seat
from chenu.accounts.tables import UserSession
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import NotFound
from chenu.core.i18n import known_locale
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.core.text import storable
from chenu.tiers.api_plan_codes import ApiPlanCode
from chenu.tiers.catalogue import TierCode

SessionToken = NewType("SessionToken", str)

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=90)
STAFF_ABSOLUTE = timedelta(hours=8)
_SEEN_EVERY = timedelta(minutes=1)


class NewSession(msgspec.Struct, frozen=True):
    """`token` is sent as a cookie and not stored."""

    id: SessionId
    token: SessionToken
    expires_at: datetime
    owner: UserId


class SessionView(msgspec.Struct, frozen=True):
    id: SessionId
    user_agent: str
    ip: str
    created_at: datetime
    last_seen_at: datetime


class ActorRow(msgspec.Struct, frozen=True):
    """What `ACTOR_COLUMNS` and the columns about the session select."""

    session_id: UUID
    user_id: UUID
    locale: str
    verified: bool
    account_id: UUID
    role: str
    tier: str
    overrides: str
    api_plan: str
    api_calls: int | None
    api_rate: int | None
    seats: int | None
    place: int
    has_other_accounts: bool
    staff: list[str]
    last_seen_at: datetime


async def open_session(user_id: UserId, user_agent: str, ip: str) -> NewSession:
    """Always a new session, whatever cookie the browser sent."""
    token = SessionToken(new_token())
    session_id = SessionId(new_id())
    is_staff = await db.fetch_value("SELECT 1 FROM staff_role WHERE member = $1 LIMIT 1", user_id)
    now = system_now()
    expires_at = now + (STAFF_ABSOLUTE if is_staff else ABSOLUTE)
    await insert(
        UserSession,
        {
            "id": session_id,
            "token_hash": hash_token(token),
            "owner": user_id,
            "user_agent": storable(user_agent[:300]),
            "ip": ip,
            "created_at": now,
            "last_seen_at": now,
            "expires_at": expires_at,
        },
    )
    return NewSession(session_id, token, expires_at, user_id)


# $2 is now; $3 and $4 are the oldest allowed last use and, for staff, the oldest allowed start.
_WORKS = """
    s.revoked_at IS NULL AND s.expires_at > $2 AND s.last_seen_at > $3
    AND (s.created_at > $4 OR NOT EXISTS (SELECT 1 FROM staff_role WHERE member = s.owner))
"""
ACTOR_COLUMNS = f"""
    u.id AS user_id, u.locale, u.email_verified_at IS NOT NULL AS verified, a.id AS account_id,
    m.role, a.tier, {OVERRIDES_OF_A} AS overrides, a.api_plan, a.api_calls, a.api_rate,
    a.seats, {PLACE} AS place
"""
"""SQL: of the person `u`, the account `a` and the membership `m` in it."""
_FIND_ACTOR = f"""
    SELECT s.id AS session_id, {ACTOR_COLUMNS},
        EXISTS (SELECT 1 FROM membership WHERE member = u.id AND account <> a.id)
            AS has_other_accounts,
        array(SELECT role FROM staff_role WHERE member = u.id) AS staff, s.last_seen_at
    FROM user_session s
    JOIN app_user u ON u.id = s.owner
    JOIN membership m ON m.member = u.id
    JOIN account a ON a.id = m.account
    WHERE s.token_hash = $1 AND {_WORKS}
        AND ($5::uuid = a.id OR ($5 IS NULL
            AND (a.id = s.account OR (a.kind = 'PERSONAL' AND a.owner = u.id))))
    ORDER BY a.id IS NOT DISTINCT FROM s.account DESC LIMIT 1
"""  # noqa: S608 - own text


async def find_actor(token: str, ip: str, account_id: AccountId | None = None) -> Actor | None:
    """The actor of this token, acting for the named account, the session's or the personal one."""
    now = system_now()
    since = (now, now - IDLE, now - STAFF_ABSOLUTE)
    row = await db.find_one(ActorRow, _FIND_ACTOR, hash_token(token), *since, account_id)
    if row is None:
        return None
    if now - row.last_seen_at > _SEEN_EVERY:
        sql = "UPDATE user_session SET last_seen_at = $2, ip = $3 WHERE id = $1"
        await db.execute(sql, row.session_id, now, ip)
    return make_session_actor(row, ip)


def make_session_actor(row: ActorRow, ip: str) -> Actor:
    return Actor(
        kind=ActorKind.SESSION,
        user_id=UserId(row.user_id),
        account_id=AccountId(row.account_id),
        account_role=AccountRole(row.role),
        has_seat=has_seat(row.place, row.tier, row.seats),
        has_other_accounts=row.has_other_accounts,
        tier=TierCode(row.tier),
        overrides=read_overrides(row.overrides),
        api_plan=ApiPlanCode(row.api_plan),
        api_calls=row.api_calls,
        api_rate=row.api_rate,
        staff=frozenset(Staff(role) for role in row.staff),
        email_verified=row.verified,
        session_id=SessionId(row.session_id),
        locale=known_locale(row.locale),
        ip=ip,
    )


async def is_session_open(token: str) -> bool:
    """Whether somebody is signed in with this cookie, without being seen."""
    if not token:
        return False
    sql = f"SELECT 1 FROM user_session s WHERE s.token_hash = $1 AND {_WORKS}"  # noqa: S608
    now = system_now()
    since = (now, now - IDLE, now - STAFF_ABSOLUTE)
    return await db.fetch_value(sql, hash_token(token), *since) is not None


async def choose_account(actor: Actor, account_id: AccountId) -> None:
    """What this session acts for from now on, wherever no header names another account.

    Raises NotFound for what the person is no member of, as for what never was.
    """
    sql = """
        UPDATE user_session SET account = $3 WHERE id = $1 AND owner = $2
            AND EXISTS (SELECT 1 FROM membership WHERE account = $3 AND member = $2)
    """
    if not await db.execute(sql, actor.session_id, actor.require_user(), account_id):
        raise NotFound("There is no such account", path=("account",))


async def list_sessions(user_id: UserId) -> list[SessionView]:
    """Live sessions, the most recently used first."""
    sql = f"""
        SELECT s.id, s.user_agent, s.ip, s.created_at, s.last_seen_at FROM user_session s
        WHERE s.owner = $1 AND {_WORKS} ORDER BY s.last_seen_at DESC, s.id LIMIT 100
    """  # noqa: S608 - own text
    now = system_now()
    return await db.fetch_all(SessionView, sql, user_id, now, now - IDLE, now - STAFF_ABSOLUTE)


async def revoke_session(user_id: UserId, session_id: SessionId) -> None:
    """Raises NotFound for a session of somebody else."""
    sql = """
        UPDATE user_session SET revoked_at = $3
        WHERE id = $2 AND owner = $1 AND revoked_at IS NULL
    """
    if not await db.execute(sql, user_id, session_id, system_now()):
        raise NotFound("There is no such session")


async def revoke_sessions(user_id: UserId, *, but: SessionId | None = None) -> int:
    """Ends all sessions of a person, except the given one; returns the number ended."""
    sql = """
        UPDATE user_session SET revoked_at = $3
        WHERE owner = $1 AND revoked_at IS NULL AND id IS DISTINCT FROM $2
    """
    return await db.execute(sql, user_id, but, system_now())


async def end_all_sessions() -> int:
    """Of everybody; returns the number ended."""
    return await db.execute(
        "UPDATE user_session SET revoked_at = $1 WHERE revoked_at IS NULL", system_now()
    )
