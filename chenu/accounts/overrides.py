"""Overrides: what staff gave or took of one feature of one account, with a reason, audited."""

from datetime import datetime
from functools import lru_cache

import msgspec

from chenu.accounts.actor import AccountId, Actor, Staff
from chenu.accounts.budget_dates import mark_budget_due
from chenu.accounts.queries import find_account, is_member
from chenu.accounts.staff_acts import StaffAct, record_staff_act
from chenu.accounts.tables import EntitlementOverride
from chenu.accounts.validation import check_text
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import ChenuError, Invalid, InvalidState, NotFound, reject_if_any
from chenu.core.i18n import mark
from chenu.core.ids import new_id
from chenu.core.rows import Columns, insert
from chenu.core.text import tidy
from chenu.tiers.catalogue import COUNTED, Feature
from chenu.tiers.entitlements import Override

MAX_LIMIT = 2**53 - 1
"""What JSON holds exactly."""
MAX_REASON = 500

OVERRIDES_OF_A = """
    (SELECT coalesce(jsonb_agg(jsonb_build_object('feature', o.feature, 'enabled', o.enabled,
        'limit', o.maximum, 'expires_at', o.expires_at)), '[]')::text
    FROM entitlement_override o WHERE o.account = a.id)
"""
"""A column beside an account `a`, so that whoever reads the account needs no second statement."""


def read_overrides(stored: str) -> tuple[Override, ...]:
    """Those of OVERRIDES_OF_A that are in force now."""
    found = _decode(stored)
    if not found:
        return ()
    now = business_now()
    return tuple(each for each in found if each.expires_at is None or each.expires_at > now)


@lru_cache(maxsize=1024)
def _decode(stored: str) -> tuple[Override, ...]:
    return msgspec.json.decode(stored, type=tuple[Override, ...])


class OverrideRow(msgspec.Struct, frozen=True):
    """An override as staff see it; one that has ended stays until it is replaced or removed."""

    feature: Feature
    enabled: bool
    maximum: int | None
    reason: str
    set_by_name: str
    set_at: datetime
    expires_at: datetime | None


_BY = "(SELECT u.display_name FROM app_user u WHERE u.id = {0}set_by)"
_COLUMNS = Columns(OverrideRow, EntitlementOverride, set_by_name=_BY).select("o")


async def list_overrides(account_id: AccountId) -> list[OverrideRow]:
    sql = f"""
        SELECT {_COLUMNS} FROM entitlement_override o WHERE o.account = $1 ORDER BY o.feature
    """  # noqa: S608 - own columns
    return await db.fetch_all(OverrideRow, sql, account_id)


class OverrideInput(msgspec.Struct, frozen=True):
    """`limit` None: no limit; features that are on or off have none. `expires_at` None: no end."""

    feature: Feature
    enabled: bool
    limit: int | None
    reason: str
    expires_at: datetime | None = None


@db.transactional
async def set_override(actor: Actor, account_id: AccountId, data: OverrideInput) -> None:
    """In place of the one that there is. Raises Forbidden, NotFound, Invalid, InvalidState."""
    await _require_changeable(actor, account_id)
    reject_if_any(_check(data))
    before = await _find_before(account_id, data.feature)
    row = {
        "id": new_id(),
        "account": account_id,
        "feature": data.feature,
        "enabled": data.enabled,
        "maximum": data.limit,
        "reason": tidy(data.reason),
        "set_by": actor.user_id,
        "set_at": business_now(),
        "expires_at": data.expires_at,
    }
    columns = ("enabled", "maximum", "reason", "set_by", "set_at", "expires_at")
    changes = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns)
    await insert(
        EntitlementOverride, row, f"ON CONFLICT (account, feature) DO UPDATE SET {changes}"
    )
    await _mark_changed(account_id, data.feature)
    await record_staff_act(
        actor,
        StaffAct.OVERRIDE_SET,
        account_id,
        data.reason,
        feature=data.feature.value,
        before=before,
        after=_describe(data.feature, data.enabled, data.limit),
        enabled=int(data.enabled),
        limit="none" if data.limit is None else data.limit,
        expires=data.expires_at.isoformat() if data.expires_at else "never",
    )


@db.transactional
async def remove_override(
    actor: Actor, account_id: AccountId, feature: Feature, reason: str
) -> None:
    """The tier counts again. Raises Forbidden, NotFound, Invalid, InvalidState."""
    await _require_changeable(actor, account_id)
    reject_if_any(check_text(reason, path=("reason",), longest=MAX_REASON))
    before = await _find_before(account_id, feature)
    sql = "DELETE FROM entitlement_override WHERE account = $1 AND feature = $2"
    if not await db.execute(sql, account_id, feature):
        raise NotFound("There is no such override", path=("feature",))
    await _mark_changed(account_id, feature)
    after = f"{feature.value} as the plan has it"
    await record_staff_act(
        actor,
        StaffAct.OVERRIDE_REMOVE,
        account_id,
        reason,
        feature=feature.value,
        before=before,
        after=after,
    )


async def _find_before(account_id: AccountId, feature: Feature) -> str:
    """The override that there is, for the audit trail."""
    found = [each for each in await list_overrides(account_id) if each.feature is feature]
    if not found:
        return f"{feature.value} as the plan has it"
    return _describe(feature, found[0].enabled, found[0].maximum)


def _describe(feature: Feature, enabled: bool, limit: int | None) -> str:
    if not enabled:
        return f"{feature.value} off"
    return f"{feature.value} on, {'no limit' if limit is None else limit}"


async def _mark_changed(account_id: AccountId, feature: Feature) -> None:
    if feature is Feature.TOKENS:
        await mark_budget_due(account_id)


async def _require_changeable(actor: Actor, account_id: AccountId) -> None:
    """Nobody decides about an account of their own."""
    user_id = actor.require_staff(Staff.SUPPORT)
    if await find_account(account_id) is None:
        raise NotFound("There is no such account", path=("account_id",))
    if await is_member(account_id, user_id):
        raise InvalidState("You belong to this account: another colleague decides about it")


def _check(data: OverrideInput) -> list[ChenuError]:
    errors = check_text(data.reason, path=("reason",), longest=MAX_REASON)
    errors += _check_limit(data)
    if data.expires_at is not None and data.expires_at <= business_now():
        errors.append(Invalid("The end must lie in the future", path=("expires_at",)))
    return errors


def _check_limit(data: OverrideInput) -> list[ChenuError]:
    if data.limit is None:
        return []
    if data.feature not in COUNTED or not data.enabled:
        return [Invalid("Only a feature that is counted and on has a limit", path=("limit",))]
    if not 0 <= data.limit <= MAX_LIMIT:
        message = mark("A limit is a number from 0 to {highest}")
        return [Invalid(message, path=("limit",), highest=MAX_LIMIT)]
    return []
