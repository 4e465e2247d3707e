"""Confirmation by password for changes that a session alone must not make.

A session can be stolen, or left open on another person's computer, and a new email address or API
key would outlast it. These changes need the password, unless the person has just signed in.
"""

from datetime import timedelta
from uuid import UUID

from chenu.accounts import attempts
from chenu.accounts.actor import Actor, UserId
from chenu.accounts.errors import WrongCredentials
from chenu.accounts.password_store import get_password_hash
from chenu.accounts.passwords import verify_password
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import Forbidden, Invalid, Unauthenticated
from chenu.core.i18n import mark

RECENT = timedelta(minutes=10)


async def require_confirmed(actor: Actor, password: str | None) -> None:
    """A missing password is accepted for ten minutes after sign-in.

    One that is given must be right.

    Raises Invalid, WrongCredentials, RateLimited; Forbidden for keys.
    """
    if actor.session_id is None:
        raise Forbidden("This is for people who are signed in")
    if password is not None:
        await check_own_password(actor.require_user(), password)
    elif not await _is_recent(actor.session_id):
        message = mark(
            "Please enter your current password: you signed in more than {minutes} minutes ago"
        )
        minutes = int(RECENT.total_seconds() // 60)
        raise Invalid(message, path=("current_password",), minutes=minutes)


async def check_own_password(user_id: UserId, password: str) -> str:
    """Returns the hash that matched; raises WrongCredentials, RateLimited."""
    await attempts.count_attempt(attempts.PASSWORD_CHECK_PER_USER, str(user_id))
    password_hash = await get_password_hash(user_id)
    if not await verify_password(password, password_hash):
        raise WrongCredentials("The current password is wrong", path=("current_password",))
    await attempts.forget_attempts(attempts.PASSWORD_CHECK_PER_USER, str(user_id))
    return password_hash


async def require_session_still(actor: Actor) -> None:
    """Locks the session's row: a concurrent change of the password waits, or has ended the session.

    Part of the caller's transaction. Raises Unauthenticated.
    """
    lock = "SELECT 1 FROM app_user WHERE id = $1 FOR NO KEY UPDATE"
    await db.execute(lock, actor.require_user())
    sql = "SELECT 1 FROM user_session WHERE id = $1 AND revoked_at IS NULL"
    if not await db.fetch_value(sql, actor.session_id):
        raise Unauthenticated("Please sign in first")


async def _is_recent(session_id: UUID) -> bool:
    sql = "SELECT 1 FROM user_session WHERE id = $1 AND created_at > $2"
    return bool(await db.fetch_value(sql, session_id, system_now() - RECENT))
