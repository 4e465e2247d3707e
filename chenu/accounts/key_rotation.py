"""A new secret for a key that goes on: same id, name, scopes, limits and history.

Programs are moved to it one after another: the secret before it works for a grace period.
"""

from datetime import timedelta

from chenu.accounts import audit
from chenu.accounts.actor import AccountId, Actor, UserId
from chenu.accounts.api_keys import ApiKey, ApiKeyId, CreatedKey, get_api_key, require_person
from chenu.accounts.confirmation import RECENT, require_fresh, require_session_still
from chenu.accounts.credentials import API_KEY_HEAD, NewKey, hash_key, new_key
from chenu.accounts.errors import RightMissing
from chenu.accounts.roles import Right
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import InvalidState
from chenu.core.i18n import mark
from chenu.tiers.catalogue import Feature
from chenu.tiers.entitlements import require_feature

GRACE = timedelta(hours=24)


async def rotate_api_key(actor: Actor, key_id: ApiKeyId, pepper: bytes) -> CreatedKey:
    """The secret until now works for GRACE; one that is in its grace period ends at once.

    Only the key's maker may, since the key acts as that person. Raises NotFound, InvalidState for
    a key that has ended, RightMissing, PlanRequired, SignInAgain, Forbidden for a caller with a
    key.
    """
    user_id = require_person(actor)
    account_id = actor.require_right(Right.MANAGE_KEYS)
    _check(await get_api_key(account_id, key_id), user_id)
    require_feature(actor.entitlements, Feature.API_ACCESS)
    await require_fresh(actor, RECENT)
    made = new_key(API_KEY_HEAD)

    async def write() -> CreatedKey:
        await require_session_still(actor)
        _check(await _lock(account_id, key_id), user_id)
        await _replace_secret(key_id, made, pepper)
        await audit.record(actor, "api_key.rotate", key_id, prefix=made.prefix)
        return CreatedKey(await get_api_key(account_id, key_id), made.secret)

    return await db.run_in_transaction(write)


async def _lock(account_id: AccountId, key_id: ApiKeyId) -> ApiKey:
    """Two rotations at once come one after the other, and none after a revocation."""
    await db.execute("SELECT 1 FROM api_key WHERE id = $1 FOR NO KEY UPDATE", key_id)
    return await get_api_key(account_id, key_id)


def _check(key: ApiKey, user_id: UserId) -> None:
    """A colleague's key acts as that colleague: its secret is for nobody else."""
    if key.created_by != user_id:
        message = mark("Only who made this key can rotate it: revoke it and make one of your own")
        raise RightMissing(message)
    if key.revoked_at is not None:
        raise InvalidState("This key is revoked: make a new one", path=("id",))
    if key.expires_at is not None and key.expires_at <= system_now():
        raise InvalidState("This key has expired: make a new one", path=("id",))


async def _replace_secret(key_id: ApiKeyId, made: NewKey, pepper: bytes) -> None:
    sql = """
        UPDATE api_key SET previous_hash = secret_hash, previous_until = least($4, expires_at),
            secret_hash = $2, prefix = $3
        WHERE id = $1
    """
    until = system_now() + GRACE
    await db.execute(sql, key_id, hash_key(made.secret, pepper), made.prefix, until)
