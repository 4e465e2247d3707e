"""Tokens of directories: shown once, stored as a hash, one of a connection at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from chenu.accounts import audit
from chenu.accounts.actor import AccountId, Actor, UserId
from chenu.accounts.attempts import Limit, count_attempt
from chenu.accounts.confirmation import RECENT, require_fresh
from chenu.accounts.credentials import has_valid_checksum, hash_key, new_key
from chenu.accounts.entitlements import find_entitlements
from chenu.accounts.members import lock_as_owner
from chenu.accounts.roles import Right
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.errors import NotFound, Unauthenticated
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.rows import Columns, insert
from chenu.scim.model import Caller, ScimTokenId
from chenu.scim.tables import ScimToken
from chenu.sso.connections import get_connection
from chenu.sso.model import ConnectionId
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import require_feature

SCIM_TOKEN_HEAD = "chenu_scim_"  # noqa: S105 - how one begins
CALLS_PER_TOKEN = Limit("scim_calls", 1_200, timedelta(minutes=1))
"""A directory of 10,000 people is read in three seconds and written in nine minutes."""
_USED_EVERY = timedelta(minutes=1)
_NOT_VALID = mark("This SCIM token is not valid: make a new one on the page of your connection")


class TokenRow(msgspec.Struct, frozen=True):
    """Without the secret, which nobody can read again."""

    id: ScimTokenId
    account_id: AccountId
    connection_id: ConnectionId
    created_by: UserId
    prefix: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class CreatedToken(msgspec.Struct, frozen=True):
    """`secret` cannot be read again later."""

    token: TokenRow
    secret: str


_COLUMNS = Columns(TokenRow, ScimToken, account_id="account", connection_id="connection").select()
_SELECT = f"SELECT {_COLUMNS} FROM scim_token"  # noqa: S608 - own columns


async def create_token(actor: Actor, connection_id: ConnectionId, pepper: bytes) -> CreatedToken:
    """One that the connection had until now ends at once: made again, a token is rotated.

    Raises Forbidden, PlanRequired, NotFound, SignInAgain.
    """
    account_id = actor.require_right(Right.MANAGE_MEMBERS)
    await get_connection(account_id, connection_id)
    require_feature(actor.entitlements, Feature.SSO)
    await require_fresh(actor, RECENT)
    made, token_id = new_key(SCIM_TOKEN_HEAD), ScimTokenId(new_id())

    async def write() -> CreatedToken:
        account = await lock_as_owner(actor)
        await get_connection(account.id, connection_id)
        await _revoke(connection_id)
        row = {"id": token_id, "account": account.id, "connection": connection_id}
        owner = {"created_by": actor.require_user(), "created_at": business_now()}
        secret = {"prefix": made.prefix, "secret_hash": hash_key(made.secret, pepper)}
        await insert(ScimToken, {**row, **owner, **secret})
        await audit.record(actor, "scim_token.create", token_id, prefix=made.prefix)
        return CreatedToken(await _get_token(token_id), made.secret)

    return await db.run_in_transaction(write)


async def revoke_token(actor: Actor, connection_id: ConnectionId) -> TokenRow | None:
    """At once and for good; None and no change without a token. Raises Forbidden, NotFound."""
    actor.require_right(Right.MANAGE_MEMBERS)

    async def write() -> TokenRow | None:
        account = await lock_as_owner(actor)
        await get_connection(account.id, connection_id)
        token = await find_token(account.id, connection_id)
        if token is None:
            return None
        await _revoke(connection_id)
        await audit.record(actor, "scim_token.revoke", token.id, prefix=token.prefix)
        return await _get_token(token.id)

    return await db.run_in_transaction(write)


async def _revoke(connection_id: ConnectionId) -> None:
    sql = "UPDATE scim_token SET revoked_at = $2 WHERE connection = $1 AND revoked_at IS NULL"
    await db.execute(sql, connection_id, business_now())


async def _get_token(token_id: ScimTokenId) -> TokenRow:
    found = await db.find_one(TokenRow, f"{_SELECT} WHERE id = $1", token_id)
    if found is None:
        raise NotFound("There is no such token")
    return found


async def find_token(account_id: AccountId, connection_id: ConnectionId) -> TokenRow | None:
    """The one that is not revoked."""
    sql = f"{_SELECT} WHERE account = $1 AND connection = $2 AND revoked_at IS NULL"
    return await db.find_one(TokenRow, sql, account_id, connection_id)


async def list_tokens(connection_ids: Sequence[ConnectionId]) -> list[TokenRow]:
    """Those that are not revoked, whosesoever: one of a connection at most."""
    sql = f"{_SELECT} WHERE connection = ANY($1) AND revoked_at IS NULL"
    return await db.fetch_all(TokenRow, sql, list(connection_ids))


async def get_caller(secret: str, pepper: bytes) -> Caller:
    """The directory that proves itself by this token.

    Raises Unauthenticated, RateLimited, and PlanRequired for an account without single sign-on.
    """
    if not secret.startswith(SCIM_TOKEN_HEAD) or not has_valid_checksum(secret):
        raise Unauthenticated(_NOT_VALID)
    sql = f"{_SELECT} WHERE secret_hash = $1 AND revoked_at IS NULL"
    row = await db.find_one(TokenRow, sql, hash_key(secret, pepper))
    if row is None:
        raise Unauthenticated(_NOT_VALID)
    await count_attempt(CALLS_PER_TOKEN, str(row.id))
    entitlements = await find_entitlements(row.account_id)
    if entitlements is None:
        raise Unauthenticated(_NOT_VALID)
    require_feature(entitlements, Feature.SSO)
    await _touch(row)
    return Caller(row.id, row.connection_id, row.account_id)


async def _touch(row: TokenRow) -> None:
    now = system_now()
    if row.last_used_at is None or row.last_used_at < now - _USED_EVERY:
        sql = "UPDATE scim_token SET last_used_at = $2 WHERE id = $1"
        await db.execute(sql, row.id, now)
