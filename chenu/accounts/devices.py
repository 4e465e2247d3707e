"""Known browsers: they have sign-in limits of their own, so that strangers cannot lock a person
out.

Anybody who knows an email address can use up its sign-in attempts. A browser that has signed in
before has separate attempts. It is recognised by its session cookie, unless the session was
revoked, and later by a cookie that it got at sign-out. This cookie holds a signed token for each of
the people who used the browser last. A token is bound to the person and the password, so that a new
password invalidates it.
"""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from uuid import UUID

from chenu.accounts.actor import UserId
from chenu.accounts.credentials import hash_token
from chenu.accounts.password_store import Credentials, get_password_hash
from chenu.core import db

MAX_PEOPLE = 5
"""People who share one browser; the earliest are dropped."""
_BETWEEN = "~"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{43}")
"""The form of our tokens; anything else in the cookie is ignored."""


async def find_device(known: Credentials, devices: str, session_token: str) -> str | None:
    """The id of this browser for this person; None for an unknown browser."""
    token = _find_token(known, devices)
    if token is not None:
        return token.partition(".")[0]
    if not session_token:
        return None
    sql = "SELECT id FROM user_session WHERE token_hash = $1 AND owner = $2 AND revoked_at IS NULL"
    session_id: UUID | None = await db.fetch_value(sql, hash_token(session_token), known.id)
    return None if session_id is None else session_id.hex


async def remember_device(user_id: UserId, devices: str) -> str:
    """The new value of the cookie, with this person first."""
    known = Credentials(user_id, await get_password_hash(user_id))
    old = _find_token(known, devices)
    token = old or _sign(known, secrets.token_urlsafe(12))
    others = [other for other in _split(devices) if other != old]
    return _BETWEEN.join([token, *others][:MAX_PEOPLE])


async def renew_device(user_id: UserId, devices: str) -> str | None:
    """At sign-in: extends an existing device cookie by a year.

    None without one: until the new session ends, its cookie identifies the browser.
    """
    return await remember_device(user_id, devices) if devices else None


def _split(devices: str) -> list[str]:
    parts = devices.split(_BETWEEN, MAX_PEOPLE)[:MAX_PEOPLE]
    return [part for part in parts if _TOKEN.fullmatch(part)]


def _find_token(known: Credentials, devices: str) -> str | None:
    for token in _split(devices):
        expected = _sign(known, token.partition(".")[0])
        if hmac.compare_digest(token, expected):
            return token
    return None


def _sign(known: Credentials, name: str) -> str:
    """The key is the password's salted hash, which is secret: knowing the password is not
    enough.
    """
    said = f"device:{known.id.hex}:{name}".encode()
    digest = hmac.digest(known.password_hash.encode(), said, "sha256")
    return f"{name}.{urlsafe_b64encode(digest).decode().rstrip('=')}"
