"""Gauges: how many threads and bytes an account has in use, as the CHE·NU apps report it.

Never above what the account may use, whatever runs in parallel, and never below zero.
"""

from uuid import UUID

import msgspec

from chenu.accounts.actor import Actor, ActorKind, ApiScope
from chenu.accounts.entitlements import GAUGED, Entitlement, describe
from chenu.accounts.idempotency import ClientKey, client_key, find_result, remember_result
from chenu.accounts.overrides import MAX_LIMIT
from chenu.accounts.tables import EntitlementUse
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import ChenuError, Forbidden, Invalid, LimitReached, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.rows import insert
from chenu.tiers.catalogue import EntitlementSource, Feature, FeatureGrant
from chenu.tiers.entitlements import require_feature, room_refusal


async def consume(actor: Actor, feature: Feature, quantity: int, key: str) -> Entitlement:
    """So much more is in use. Raises Forbidden, Invalid, PlanRequired, IdempotencyConflict."""
    client = _check(actor, feature, quantity, key, "entitlementConsume")

    async def write() -> Entitlement:
        known = await _find_answer(client)
        return known or await _consume(actor, feature, quantity, client)

    return await db.run_in_transaction(write)


async def release(actor: Actor, feature: Feature, quantity: int, key: str) -> Entitlement:
    """So much less is in use; what was never reported as used leaves zero."""
    client = _check(actor, feature, quantity, key, "entitlementRelease")

    async def write() -> Entitlement:
        known = await _find_answer(client)
        return known or await _release(actor, feature, quantity, client)

    return await db.run_in_transaction(write)


def _check(actor: Actor, feature: Feature, quantity: int, key: str, request: str) -> ClientKey:
    account_id = actor.require_account(ApiScope.READ)
    if actor.kind is not ActorKind.SERVICE_KEY:
        raise Forbidden("This is for the service keys of the CHE·NU apps")
    errors: list[ChenuError] = []
    if feature not in GAUGED:
        allowed = ", ".join(sorted(GAUGED))
        errors.append(Invalid("Counted here: {allowed}", path=("feature",), allowed=allowed))
    if not 1 <= quantity <= MAX_LIMIT:
        message = mark("A quantity is a number from 1 to {highest}")
        errors.append(Invalid(message, path=("quantity",), highest=MAX_LIMIT))
    reject_if_any(errors)
    return client_key(account_id, key, request, {"feature": feature, "quantity": quantity})


async def _consume(actor: Actor, feature: Feature, quantity: int, client: ClientKey) -> Entitlement:
    require_feature(actor.entitlements, feature)
    granted = actor.entitlements.grant(feature)
    sql = """
        INSERT INTO entitlement_gauge AS g (id, account, feature, used)
        SELECT $1::uuid, $2::uuid, $3::text, $4::bigint WHERE $4::bigint <= $5::bigint
        ON CONFLICT (account, feature) DO UPDATE SET used = g.used + $4
        WHERE g.used + $4 <= $5 RETURNING used
    """
    most = MAX_LIMIT if granted.limit is None else granted.limit
    used = await db.fetch_value(sql, new_id(), client.account_id, feature, quantity, most)
    if used is None:
        raise await _find_refusal(actor, feature, quantity)
    return await _record(client, granted, quantity, used)


async def _find_refusal(actor: Actor, feature: Feature, quantity: int) -> ChenuError:
    sql = "SELECT used FROM entitlement_gauge WHERE account = $1 AND feature = $2"
    used = await db.fetch_value(sql, actor.account_id, feature) or 0
    if actor.entitlements.grant(feature).limit is None:
        return LimitReached("No more than {highest} can be counted", highest=MAX_LIMIT)
    return room_refusal(actor.entitlements, feature, used, quantity)


async def _release(actor: Actor, feature: Feature, quantity: int, client: ClientKey) -> Entitlement:
    """Open to an account that lost the feature: it gives back what it has too much."""
    sql = """
        UPDATE entitlement_gauge SET used = greatest(0, used - $3)
        WHERE account = $1 AND feature = $2 RETURNING used
    """
    used = await db.fetch_value(sql, client.account_id, feature, quantity) or 0
    return await _record(client, actor.entitlements.grant(feature), -quantity, used)


async def _record(
    client: ClientKey, granted: FeatureGrant, quantity: int, used: int
) -> Entitlement:
    use_id = new_id()
    await insert(
        EntitlementUse,
        {
            "id": use_id,
            "account": client.account_id,
            "feature": granted.feature,
            "quantity": quantity,
            "used_after": used,
            "granted": granted.enabled,
            "granted_limit": granted.limit,
            "granted_by": granted.source,
            "created_at": system_now(),
        },
    )
    await remember_result(client, use_id)
    return describe(granted, used)


class _Answer(msgspec.Struct, frozen=True):
    feature: Feature
    used_after: int
    granted: bool
    granted_limit: int | None
    granted_by: EntitlementSource


async def _find_answer(client: ClientKey) -> Entitlement | None:
    """What was answered to the same request before."""
    use_id: UUID | None = await find_result(client)
    if use_id is None:
        return None
    sql = """
        SELECT feature, used_after, granted, granted_limit, granted_by FROM entitlement_use
        WHERE id = $1
    """
    [found] = await db.fetch_all(_Answer, sql, use_id)
    granted = FeatureGrant(found.feature, found.granted, found.granted_limit, found.granted_by)
    return describe(granted, found.used_after)
