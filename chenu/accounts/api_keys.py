"""API keys: limited by scopes, shown once, stored as a hash, expiring and revocable."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts import audit
from chenu.accounts.actor import AccountId, AccountRole, Actor, ActorKind, ApiScope, UserId
from chenu.accounts.confirmation import require_confirmed, require_session_still
from chenu.accounts.credentials import (
    API_KEY_HEAD,
    has_valid_checksum,
    hash_key,
    new_key,
)
from chenu.accounts.key_events import EndedKey, tell_of_revoked
from chenu.accounts.key_tables import ApiKey as ApiKeyTable
from chenu.accounts.overrides import OVERRIDES_OF_A, read_overrides
from chenu.accounts.roles import Right
from chenu.accounts.seats import PLACE, has_seat
from chenu.accounts.validation import check_line
from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.errors import (
    ChenuError,
    Forbidden,
    Invalid,
    LimitReached,
    NotFound,
    reject_if_any,
)
from chenu.core.i18n import known_locale, mark
from chenu.core.ids import new_id
from chenu.core.rows import Columns, insert
from chenu.core.text import tidy
from chenu.tiers.api_plan_codes import ApiPlanCode
from chenu.tiers.catalogue import Feature, TierCode
from chenu.tiers.entitlements import require_feature

ApiKeyId = NewType("ApiKeyId", UUID)

MAX_LIVE_KEYS = 25
_USED_EVERY = timedelta(minutes=1)


class ApiKey(msgspec.Struct, frozen=True):
    """`previous_until`: until then the secret before the last rotation works as well.

    `documents_only`: in GraphQL it runs stored operations and no others.
    """

    id: ApiKeyId
    account_id: AccountId
    created_by: UserId
    name: str
    prefix: str
    scopes: list[str]
    documents_only: bool
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    previous_until: datetime | None


class CreatedKey(msgspec.Struct, frozen=True):
    """`secret` cannot be read again later."""

    key: ApiKey
    secret: str


_COLUMNS = Columns(ApiKey, ApiKeyTable, account_id="account").select("k")


async def create_api_key(
    actor: Actor,
    name: str,
    scopes: Sequence[ApiScope],
    expires_at: datetime | None,
    pepper: bytes,
    *,
    current_password: str | None = None,
    documents_only: bool = False,
) -> CreatedKey:
    """Requires the password, see accounts/confirmation.py. Raises PlanRequired without API_ACCESS,
    Forbidden for a caller with a key, Invalid, LimitReached.
    """
    user_id = require_person(actor)
    account_id = actor.require_right(Right.MANAGE_KEYS)
    require_feature(actor.entitlements, Feature.API_ACCESS)
    reject_if_any(_check(name, scopes, expires_at))
    await require_confirmed(actor, current_password)
    key_id, made = ApiKeyId(new_id()), new_key(API_KEY_HEAD)

    async def write() -> CreatedKey:
        await require_session_still(actor)
        await db.lock_until_commit(f"api keys:{account_id}")
        await _require_room(account_id)
        key = {
            "id": key_id,
            "account": account_id,
            "created_by": user_id,
            "name": tidy(name),
            "prefix": made.prefix,
            "secret_hash": hash_key(made.secret, pepper),
            "scopes": sorted({scope.value for scope in scopes}),
            "documents_only": documents_only,
            "expires_at": expires_at,
        }
        await insert(ApiKeyTable, {**key, "created_at": business_now()})
        await audit.record(actor, "api_key.create", key_id, prefix=made.prefix)
        return CreatedKey(await get_api_key(account_id, key_id), made.secret)

    return await db.run_in_transaction(write)


def require_person(actor: Actor) -> UserId:
    """A key may not create, rotate or revoke keys: otherwise a stolen one could multiply."""
    user_id = actor.require_user()
    if actor.kind is not ActorKind.SESSION:
        raise Forbidden("API keys are managed by people who are signed in")
    return user_id


def _check(name: str, scopes: Sequence[ApiScope], expires_at: datetime | None) -> list[ChenuError]:
    errors = check_line(name, path=("name",))
    if not scopes:
        errors.append(Invalid("Choose at least one scope", path=("scopes",)))
    if expires_at is not None and expires_at <= system_now():
        errors.append(Invalid("The expiry must be in the future", path=("expires_at",)))
    return errors


async def _require_room(account_id: AccountId) -> None:
    sql = "SELECT count(*) FROM api_key WHERE account = $1 AND revoked_at IS NULL"
    if await db.fetch_value(sql, account_id) >= MAX_LIVE_KEYS:
        message = mark("An account has at most {count} keys: revoke one first")
        raise LimitReached(message, count=MAX_LIVE_KEYS)


async def get_api_key(
    account_id: AccountId, key_id: ApiKeyId, *, path: tuple[str, ...] = ("id",)
) -> ApiKey:
    """Raises NotFound, also for a key of another account; `path` is where its id was sent."""
    sql = f"SELECT {_COLUMNS} FROM api_key k WHERE id = $1 AND account = $2"  # noqa: S608 - own columns
    found = await db.find_one(ApiKey, sql, key_id, account_id)
    if found is None:
        raise NotFound("There is no such API key", path=path)
    return found


async def list_api_keys(account_ids: Sequence[AccountId]) -> list[ApiKey]:
    """Newest first, revoked ones included.

    The number of live keys of an account is limited: MAX_LIVE_KEYS.
    """
    sql = f"""
        SELECT {_COLUMNS} FROM api_key k WHERE account = ANY($1) ORDER BY id DESC LIMIT 1000
    """  # noqa: S608 - own columns
    return await db.fetch_all(ApiKey, sql, list(account_ids))


async def revoke_api_key(actor: Actor, key_id: ApiKeyId) -> ApiKey:
    """Takes effect at once and is final; revoking again changes nothing. Raises NotFound."""
    require_person(actor)
    account_id = actor.require_right(Right.MANAGE_KEYS)

    async def revoke() -> ApiKey:
        key = await get_api_key(account_id, key_id)
        sql = "UPDATE api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL"
        if await db.execute(sql, key_id, business_now()):
            await audit.record(actor, "api_key.revoke", key_id, prefix=key.prefix)
            await tell_of_revoked(account_id, [EndedKey(key.id, key.prefix)])
        return await get_api_key(account_id, key_id)

    return await db.run_in_transaction(revoke)


async def list_live_keys_of(maker: UserId) -> list[ApiKey]:
    """The live keys that this person created in any account, newest first."""
    sql = f"""
        SELECT {_COLUMNS} FROM membership m JOIN api_key k ON k.account = m.account
        WHERE m.member = $1 AND k.created_by = $1 AND k.revoked_at IS NULL
            AND (k.expires_at IS NULL OR k.expires_at > $2)
        ORDER BY k.id DESC LIMIT 1000
    """  # noqa: S608 - own columns
    return await db.fetch_all(ApiKey, sql, maker, system_now())


async def revoke_keys_of(maker: UserId, key_ids: Collection[ApiKeyId] | None) -> None:
    """Revokes the named keys of this person, or all if None; part of the caller's transaction."""
    live = await list_live_keys_of(maker)
    keys = [key for key in live if key_ids is None or key.id in key_ids]
    sql = "UPDATE api_key SET revoked_at = $2 WHERE id = ANY($1) AND revoked_at IS NULL"
    await db.execute(sql, [key.id for key in keys], business_now())
    for key in keys:
        actor = Actor(user_id=maker, account_id=key.account_id)
        await audit.record(actor, "api_key.revoke", key.id, prefix=key.prefix)
        await tell_of_revoked(key.account_id, [EndedKey(key.id, key.prefix)])


async def revoke_keys_in(account_id: AccountId, maker: UserId) -> None:
    """All that the person made in the account, who is no member of it any more."""
    sql = """
        UPDATE api_key SET revoked_at = $3
        WHERE account = $1 AND created_by = $2 AND revoked_at IS NULL
        RETURNING id, prefix
    """
    ended = await db.fetch_all(EndedKey, sql, account_id, maker, business_now())
    await tell_of_revoked(account_id, ended)


class _KeyActor(msgspec.Struct, frozen=True):
    key_id: UUID
    scopes: list[str]
    documents_only: bool
    user_id: UUID
    account_id: UUID
    tier: str
    seats: int | None
    place: int
    role: str
    overrides: str
    api_plan: str
    api_calls: int | None
    api_rate: int | None
    verified: bool
    locale: str
    last_used_at: datetime | None


_FIND_KEY_ACTOR = f"""
    SELECT k.id AS key_id, k.scopes, k.documents_only, u.id AS user_id, a.id AS account_id,
        a.tier, m.role, a.seats, {PLACE} AS place, {OVERRIDES_OF_A} AS overrides,
        a.api_plan, a.api_calls, a.api_rate,
        u.email_verified_at IS NOT NULL AS verified, u.locale, k.last_used_at
    FROM api_key k
    JOIN account a ON a.id = k.account
    JOIN app_user u ON u.id = k.created_by
    JOIN membership m ON m.account = a.id AND m.member = u.id
    WHERE (k.secret_hash = $1 OR (k.previous_hash = $1 AND k.previous_until > $2))
        AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2)
"""  # noqa: S608 - own text


async def find_key_actor(secret: str, pepper: bytes, ip: str) -> Actor | None:
    """The actor of a Bearer key.

    None if it is unknown, mistyped, revoked or expired, or its creator left.
    """
    if not secret.startswith(API_KEY_HEAD) or not has_valid_checksum(secret):
        return None
    now = system_now()
    row = await db.find_one(_KeyActor, _FIND_KEY_ACTOR, hash_key(secret, pepper), now)
    if row is None:
        return None
    if row.last_used_at is None or row.last_used_at < now - _USED_EVERY:
        touch = """
            UPDATE api_key SET last_used_at = $2
            WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $3)
        """
        await db.execute(touch, row.key_id, now, now - _USED_EVERY)
    return Actor(
        kind=ActorKind.API_KEY,
        user_id=UserId(row.user_id),
        account_id=AccountId(row.account_id),
        account_role=AccountRole(row.role),
        has_seat=has_seat(row.place, row.tier, row.seats),
        tier=TierCode(row.tier),
        overrides=read_overrides(row.overrides),
        api_plan=ApiPlanCode(row.api_plan),
        api_calls=row.api_calls,
        api_rate=row.api_rate,
        scopes=frozenset(ApiScope(scope) for scope in row.scopes),
        email_verified=row.verified,
        key_id=row.key_id,
        documents_only=row.documents_only,
        locale=known_locale(row.locale),
        ip=ip,
    )
