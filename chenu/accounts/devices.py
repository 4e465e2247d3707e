"""Browsers that a person has signed in from before: a stranger's tries cannot lock them out.

Whoever knows an address can use up its tries. A browser that has signed in has tries of its own; it
shows that by the cookie of its session, as long as nobody ended it, and afterwards by a cookie that
it was given when it signed out. That one holds a signed token for each of the last people: bound
to the person and to the password, so that it is worth nothing after a new one.
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
"""A household's browser: the last ones who used it."""
_BETWEEN = "~"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{43}")
"""What we make looks so; of what browsers send, nothing else is read or sent back."""


async def find_device(known: Credentials, devices: str, session_token: str) -> str | None:
    """What names the browser among the person's, or None for one that we do not know."""
    token = _find_token(known, devices)
    if token is not None:
        return token.partition(".")[0]
    if not session_token:
        return None
    sql = "SELECT id FROM user_session WHERE token_hash = $1 AND owner = $2 AND revoked_at IS NULL"
    session_id: UUID | None = await db.fetch_value(sql, hash_token(session_token), known.id)
    return None if session_id is None else session_id.hex


async def remember_device(user_id: UserId, devices: str) -> str:
    """The cookie's new value: this person first."""
    known = Credentials(user_id, await get_password_hash(user_id))
    old = _find_token(known, devices)
    token = old or _sign(known, secrets.token_urlsafe(12))
    others = [other for other in _split(devices) if other != old]
    return _BETWEEN.join([token, *others][:MAX_PEOPLE])


async def renew_device(user_id: UserId, devices: str) -> str | None:
    """At a sign-in: a browser that has the cookie keeps it for another year.

    None for one that has none yet: the cookie of its new session says as much, until it ends.
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
    """The hash is a secret of ours with a random salt: who knows the password cannot sign."""
    said = f"device:{known.id.hex}:{name}".encode()
    digest = hmac.digest(known.password_hash.encode(), said, "sha256")
    return f"{name}.{urlsafe_b64encode(digest).decode().rstrip('=')}"
