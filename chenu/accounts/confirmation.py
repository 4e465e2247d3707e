"""Confirmation of the person for what a session alone must not do.

A session can be stolen, or left open on another person's computer. A new email address or API key
would outlast it, and money that has gone back is gone: these ask who is there, unless the person
has just signed in. docs/decisions/0046.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from chenu.accounts import attempts
from chenu.accounts.actor import Actor, UserId
from chenu.accounts.errors import SignInAgain, WrongCredentials
from chenu.accounts.factor_state import has_second_factor
from chenu.accounts.password_store import get_password_hash
from chenu.accounts.passwords import verify_password
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import ChenuError, Forbidden, Invalid, Unauthenticated
from chenu.core.i18n import mark

RECENT = timedelta(minutes=10)
"""For what outlasts the session."""
FRESH = timedelta(minutes=30)
"""For refunds and payouts, several of which may be made in a row."""

TakeCode = Callable[[UserId], Awaitable[None]]


async def require_confirmed(actor: Actor, password: str | None) -> None:
    """A missing password is accepted for ten minutes after sign-in.

    One that is given must be right.

    Who has a second factor proves both on the page in between.

    Raises Invalid, WrongCredentials, SignInAgain, RateLimited; Forbidden for keys.
    """
    if actor.session_id is None:
        raise Forbidden("This is for people who are signed in")
    if password is not None:
        await check_own_password(actor.require_user(), password)
    if await _is_proved_within(RECENT, actor):
        return
    if await has_second_factor(actor.require_user()):  # the password alone is not enough
        raise await sign_in_again(actor, RECENT)
    if password is None and not await get_password_hash(actor.require_user()):
        raise await sign_in_again(actor, RECENT)  # by their provider, or with a first password
    if password is None:
        message = mark(
            "Please enter your current password: you signed in more than {minutes} minutes ago"
        )
        raise Invalid(
            message, path=("current_password",), minutes=int(RECENT.total_seconds() // 60)
        )


async def require_fresh(actor: Actor, age: timedelta = FRESH) -> None:
    """Asked of sessions, not of keys, which have no password. Raises SignInAgain."""
    if not await is_fresh(actor, age):
        raise await sign_in_again(actor, age)


async def is_fresh(actor: Actor, age: timedelta = FRESH) -> bool:
    return actor.session_id is None or await _is_proved_within(age, actor)


async def sign_in_again(
    actor: Actor, age: timedelta = FRESH, wrong: ChenuError | None = None
) -> SignInAgain:
    asks_code = await has_second_factor(actor.require_user())
    return SignInAgain(int(age.total_seconds() // 60), asks_code=asks_code, wrong=wrong)


async def confirm_session(actor: Actor, password: str, take_code: TakeCode) -> None:
    """The person of this session proves themselves again.

    `take_code` is asked where the person has a second factor. Raises WrongCredentials, WrongCode,
    RateLimited.
    """
    user_id = actor.require_user()
    await check_own_password(user_id, password)
    if await has_second_factor(user_id):
        await take_code(user_id)
    await confirm_proved_session(actor)


async def confirm_proved_session(actor: Actor) -> None:
    """Of somebody who has proved themselves elsewhere, such as at their organisation's provider.

    Raises Unauthenticated.
    """
    sql = "UPDATE user_session SET confirmed_at = $2 WHERE id = $1 AND revoked_at IS NULL"
    if not await db.execute(sql, actor.session_id, system_now()):
        raise Unauthenticated("Please sign in first")


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


async def _is_proved_within(age: timedelta, actor: Actor) -> bool:
    sql = "SELECT 1 FROM user_session WHERE id = $1 AND greatest(created_at, confirmed_at) > $2"
    return bool(await db.fetch_value(sql, actor.session_id, system_now() - age))
