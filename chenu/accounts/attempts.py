"""Rate limits on attempts: fixed windows in PostgreSQL, by subject such as an email or IP."""

from datetime import datetime, timedelta

import msgspec

from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import RateLimited
from chenu.core.ip_addresses import network_of


class Limit(msgspec.Struct, frozen=True):
    """At most `tries` per subject in each window of this length."""

    name: str
    tries: int
    window: timedelta


SIGN_IN_PER_EMAIL = Limit("sign_in_email", 10, timedelta(minutes=5))
SIGN_IN_PER_DEVICE = Limit("sign_in_device", 10, timedelta(minutes=5))
SIGN_IN_PER_IP = Limit("sign_in_address", 60, timedelta(minutes=5))
SIGN_UP_PER_IP = Limit("sign_up_address", 60, timedelta(hours=1))
PASSWORD_CHECK_PER_USER = Limit("password_check", 10, timedelta(minutes=5))
CODE_PER_USER = (
    Limit("second_factor", 5, timedelta(minutes=5)),
    Limit("second_factor_hour", 20, timedelta(hours=1)),
    Limit("second_factor_day", 50, timedelta(days=1)),
)
"""Codes of six digits: who has the password already may not go on guessing for weeks."""
MAIL_PER_EMAIL = Limit("mail_email", 5, timedelta(hours=1))
CHANGE_MAIL_PER_EMAIL = Limit("change_mail_email", 5, timedelta(hours=1))
"""Separate from the limit of reset links, so that exhausting it does not block the owner's
resets.
"""
INVITE_PER_SENDER = Limit("invite_sender", 30, timedelta(hours=1))
INVITE_PER_EMAIL = Limit("invite_email", 5, timedelta(hours=1))
"""Of all senders together, and apart from the mails that people request for themselves."""
MAIL_PER_IP = Limit("mail_address", 60, timedelta(hours=1))
COUPON_PER_ACCOUNT = Limit("coupon_account", 9, timedelta(hours=1))
COUPON_PER_SESSION = Limit("coupon_session", 9, timedelta(hours=1))
COUPON_PER_VISITOR = Limit("coupon_visitor", 9, timedelta(hours=1))
"""By the address of somebody who is not signed in."""
COUPON_PER_IP = Limit("coupon_address", 60, timedelta(hours=1))
"""Of everybody there, signed in or not: an office shares an address."""


class _Window(msgspec.Struct, frozen=True):
    tries: int
    started_at: datetime


async def count_attempt(limit: Limit, subject: str) -> None:
    """Count one attempt; raises RateLimited when the window is full. Exact under concurrency."""
    window = await _count(limit, subject)
    if window.tries > limit.tries:
        left = window.started_at + limit.window - system_now()
        seconds = max(1, int(left.total_seconds()) + 1)
        raise RateLimited("Too many attempts. Please wait a moment", retry_after=seconds)


async def forget_attempts(limit: Limit, subject: str) -> None:
    """Resets the counter after a success."""
    await db.execute("DELETE FROM attempt_window WHERE subject = $1", _key(limit, subject))


async def release_attempt(limit: Limit, subject: str) -> None:
    """Subtracts an attempt that should not count."""
    sql = "UPDATE attempt_window SET tries = tries - 1 WHERE subject = $1 AND tries > 0"
    await db.execute(sql, _key(limit, subject))


async def _count(limit: Limit, subject: str) -> _Window:
    sql = """
        INSERT INTO attempt_window AS w (subject, started_at, tries) VALUES ($1, $2, 1)
        ON CONFLICT (subject) DO UPDATE SET
            tries = CASE WHEN w.started_at <= $3 THEN 1 ELSE w.tries + 1 END,
            started_at = CASE WHEN w.started_at <= $3 THEN $2 ELSE w.started_at END
        RETURNING tries, started_at
    """
    now = system_now()
    found = await db.find_one(_Window, sql, _key(limit, subject), now, now - limit.window)
    if found is None:
        raise RuntimeError("an upsert returned nothing")
    return found


def _key(limit: Limit, subject: str) -> str:
    """IPv6 addresses count by network, because a subscriber can use every address of it."""
    return f"{limit.name}:{network_of(subject)}"
