"""Sign-ins that were sent to a provider: the answer to each counts once, in the same browser."""

import hmac
from datetime import datetime
from uuid import UUID

import msgspec

from chenu.accounts.actor import UserId
from chenu.accounts.credentials import hash_token, new_token
from chenu.accounts.encryption import decrypt, encrypt
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.sso.errors import SsoRefused
from chenu.sso.model import ATTEMPT_LIFE, AttemptId, AttemptPurpose, ConnectionId, Refusal
from chenu.sso.tables import SsoAttempt


class AttemptSecret(msgspec.Struct, frozen=True):
    """What only we know until the answer comes; empty for SAML."""

    verifier: str = ""
    nonce: str = ""


class Journey(msgspec.Struct, frozen=True):
    """Why somebody is sent to a provider, and where they go on afterwards.

    `member`: who tries the connection, or signs in again; the latter are asked anew there.
    `email` is a hint for the provider's page.
    """

    next_path: str = ""
    email: str = ""
    purpose: AttemptPurpose = AttemptPurpose.SIGN_IN
    member: UserId | None = None

    @property
    def asks_anew(self) -> bool:
        return self.purpose is AttemptPurpose.SIGN_IN and self.member is not None


class NewAttempt(msgspec.Struct, frozen=True):
    """`state` goes to the provider and comes back; `browser` is the value of a cookie."""

    id: AttemptId
    state: str
    browser: str
    secret: AttemptSecret


class Attempt(msgspec.Struct, frozen=True):
    """One whose answer counts now. `member` tries the connection, or signs in again."""

    id: AttemptId
    connection_id: ConnectionId
    purpose: AttemptPurpose
    next_path: str
    member: UserId | None
    secret: AttemptSecret
    created_at: datetime

    @property
    def asked_since(self) -> datetime | None:
        """When the provider was to ask who is there, whoever is signed in at it (system time)."""
        is_again = self.purpose is AttemptPurpose.SIGN_IN and self.member is not None
        return self.created_at if is_again else None


class _Row(msgspec.Struct, frozen=True):
    id: UUID
    connection: UUID
    purpose: str
    browser_hash: bytes
    secret: bytes
    next_path: str
    member: UUID | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


async def begin_attempt(
    connection_id: ConnectionId, key: bytes, journey: Journey, browser: str
) -> NewAttempt:
    """`browser` is the cookie that there is already, by which several tabs sign in at a time."""
    attempt_id = AttemptId(new_id())
    state, secret = new_token(), AttemptSecret(new_token(), new_token())
    browser = browser or new_token()
    now = system_now()
    values = {
        "id": attempt_id,
        "connection": connection_id,
        "purpose": journey.purpose.value,
        "state_hash": hash_token(state),
        "browser_hash": hash_token(browser),
        "secret": encrypt(msgspec.json.encode(secret), key, attempt_id),
        "next_path": journey.next_path,
        "member": journey.member,
        "created_at": now,
        "expires_at": now + ATTEMPT_LIFE,
    }
    await insert(SsoAttempt, values)
    return NewAttempt(attempt_id, state, browser, secret)


async def use_attempt(connection_id: ConnectionId, state: str, browser: str, key: bytes) -> Attempt:
    """The attempt of this state, which no answer can use again, whatever becomes of this one.

    Its own transaction. Raises SsoRefused.
    """
    row = await _use(state)
    if row is None:
        raise await _find_refusal(state)
    if row.connection != connection_id:
        raise SsoRefused(Refusal.OTHER_CONNECTION)
    if not hmac.compare_digest(row.browser_hash, hash_token(browser)):
        raise SsoRefused(Refusal.OTHER_BROWSER)
    secret = msgspec.json.decode(decrypt(row.secret, key, row.id), type=AttemptSecret)
    member = None if row.member is None else UserId(row.member)
    purpose = AttemptPurpose(row.purpose)
    return Attempt(
        AttemptId(row.id), connection_id, purpose, row.next_path, member, secret, row.created_at
    )


async def _use(state: str) -> _Row | None:
    sql = """
        UPDATE sso_attempt SET used_at = $2
        WHERE state_hash = $1 AND used_at IS NULL AND expires_at > $2
        RETURNING id, connection, purpose, browser_hash, secret, next_path, member, created_at,
            expires_at, used_at
    """
    return await db.find_one(_Row, sql, hash_token(state), system_now())


class _Ended(msgspec.Struct, frozen=True):
    is_used: bool


async def require_open_attempt(connection_id: ConnectionId, state: str) -> None:
    """For an answer that comes before its browser's cookie. Raises SsoRefused."""
    sql = """
        SELECT connection FROM sso_attempt
        WHERE state_hash = $1 AND used_at IS NULL AND expires_at > $2
    """
    found: UUID | None = await db.fetch_value(sql, hash_token(state), system_now())
    if found is None:
        raise await _find_refusal(state)
    if found != connection_id:
        raise SsoRefused(Refusal.OTHER_CONNECTION)


async def _find_refusal(state: str) -> SsoRefused:
    sql = "SELECT used_at IS NOT NULL AS is_used FROM sso_attempt WHERE state_hash = $1"
    found = await db.find_one(_Ended, sql, hash_token(state))
    if found is None:
        return SsoRefused(Refusal.STATE_UNKNOWN)
    return SsoRefused(Refusal.STATE_USED if found.is_used else Refusal.STATE_EXPIRED)
