"""What accounts are entitled to, feature by feature, and how much of it is in use.

One statement reads any number of accounts. A check in a request needs none: see Actor.entitlements.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from chenu.accounts.actor import AccountId
from chenu.accounts.overrides import OVERRIDES_OF_A, read_overrides
from chenu.accounts.tiers import Period
from chenu.core import db
from chenu.tiers.api_plan_codes import ApiPlanCode
from chenu.tiers.catalogue import COUNTED, EntitlementSource, Feature, FeatureGrant, TierCode
from chenu.tiers.entitlements import Entitlements

GAUGED = frozenset({Feature.THREADS, Feature.STORAGE_BYTES})
"""What the CHE·NU apps report the use of."""


class Entitlement(msgspec.Struct, frozen=True):
    """One right of one account. `limit` None with access: no limit; `used` None: not counted."""

    feature: Feature
    has_access: bool
    limit: int | None
    used: int | None
    resets_at: datetime | None
    source: EntitlementSource

    @property
    def is_unlimited(self) -> bool:
        return self.has_access and self.limit is None

    @property
    def is_counted(self) -> bool:
        return self.feature in COUNTED

    @property
    def remaining(self) -> int | None:
        if self.limit is None or self.used is None:
            return None
        return max(0, self.limit - self.used)

    @property
    def excess(self) -> int:
        """What is in use beyond the right, since that became smaller: it can only be read."""
        if self.used is None or self.is_unlimited:
            return 0
        return max(0, self.used - (self.limit or 0))


class BudgetTerms(msgspec.Struct, frozen=True):
    """What the months of the budget of tokens are counted by; `source` as it was settled last."""

    source: str
    anchor: datetime
    period: Period | None


class AccountEntitlements(msgspec.Struct, frozen=True):
    """Use and reset of TOKENS are the wallet's: chenu/tokens/entitlements.py adds them."""

    account_id: AccountId
    entitlements: tuple[Entitlement, ...]
    budget: BudgetTerms

    def of(self, feature: Feature) -> Entitlement:
        return next(each for each in self.entitlements if each.feature is feature)


def describe(
    granted: FeatureGrant, used: int | None, resets_at: datetime | None = None
) -> Entitlement:
    return Entitlement(
        granted.feature, granted.enabled, granted.limit, used, resets_at, granted.source
    )


class _Row(msgspec.Struct, frozen=True):
    id: AccountId
    tier: TierCode
    api_plan: ApiPlanCode
    period_start: datetime | None
    period_end: datetime | None
    period_is_trial: bool
    budget_source: str
    budget_anchor: datetime
    overrides: str
    gauges: str


class _TierRow(msgspec.Struct, frozen=True):
    tier: TierCode
    overrides: str
    api_plan: ApiPlanCode


_FIND_TIER = f"""
    SELECT a.tier, {OVERRIDES_OF_A} AS overrides, a.api_plan FROM account a WHERE a.id = $1
"""  # noqa: S608 - own text


async def find_entitlements(account_id: AccountId | None) -> Entitlements | None:
    """What decides about every feature of the account, by one indexed read."""
    row = await db.find_one(_TierRow, _FIND_TIER, account_id)
    return None if row is None else _read(row)


_SELECT = f"""
    SELECT a.id, a.tier, a.api_plan, a.period_start, a.period_end, a.period_is_trial,
        b.source AS budget_source, b.anchor_at AS budget_anchor, {OVERRIDES_OF_A} AS overrides,
        (SELECT coalesce(jsonb_object_agg(g.feature, g.used), '{{}}')::text
        FROM entitlement_gauge g WHERE g.account = a.id) AS gauges
    FROM account a JOIN token_budget b ON b.account = a.id WHERE a.id = ANY($1)
"""  # noqa: S608 - own text


async def list_entitlements(account_ids: Sequence[AccountId]) -> list[AccountEntitlements]:
    """In no particular order; none for an account that there is not."""
    rows = await db.fetch_all(_Row, _SELECT, list(account_ids))
    return [_describe_account(row) for row in rows]


async def get_entitlements(account_id: AccountId) -> AccountEntitlements:
    [found] = await list_entitlements([account_id])
    return found


def _describe_account(row: _Row) -> AccountEntitlements:
    entitlements = _read(row)
    gauges = msgspec.json.decode(row.gauges, type=dict[str, int])
    found = (
        describe(granted, _used(granted, gauges)) for granted in map(entitlements.grant, Feature)
    )
    return AccountEntitlements(row.id, tuple(found), _budget_of(row))


def _read(row: _Row | _TierRow) -> Entitlements:
    return Entitlements(row.tier, read_overrides(row.overrides), row.api_plan)


def _used(granted: FeatureGrant, gauges: Mapping[str, int]) -> int | None:
    if granted.feature not in GAUGED:
        return None
    return gauges.get(granted.feature, 0)


def _budget_of(row: _Row) -> BudgetTerms:
    period = None
    if row.period_start and row.period_end:
        period = Period(row.period_start, row.period_end, row.period_is_trial)
    return BudgetTerms(row.budget_source, row.budget_anchor, period)
