"""The tier of an account, as its subscription or contract gives it."""

from datetime import datetime

import msgspec

from chenu.accounts.actor import AccountId
from chenu.accounts.budget_dates import mark_budget_due
from chenu.accounts.overrides import OVERRIDES_OF_A, read_overrides
from chenu.core import db
from chenu.core.errors import NotFound
from chenu.tiers.api_plan_codes import ApiPlanCode
from chenu.tiers.catalogue import Feature, TierCode
from chenu.tiers.entitlements import Entitlements


class Period(msgspec.Struct, frozen=True):
    """Of the subscription that gives the tier; budgets are granted from its first day."""

    start: datetime
    end: datetime
    is_trial: bool = False


class PlanState(msgspec.Struct, frozen=True):
    """What decides about an account's budget. `period` None: no subscription gives the tier."""

    entitlements: Entitlements
    period: Period | None
    is_closed: bool

    def find_override_end(self, feature: Feature) -> datetime | None:
        """When what staff changed of the feature stops being in force; None: not by itself."""
        found = (each for each in self.entitlements.overrides if each.feature is feature)
        return next((each.expires_at for each in found), None)


class _Row(msgspec.Struct, frozen=True):
    tier: TierCode
    overrides: str
    api_plan: ApiPlanCode
    period_start: datetime | None
    period_end: datetime | None
    period_is_trial: bool
    is_closed: bool


_SELECT = f"""
    SELECT a.tier, {OVERRIDES_OF_A} AS overrides, a.api_plan,
        a.period_start, a.period_end, a.period_is_trial,
        a.closed_at IS NOT NULL AS is_closed
    FROM account a WHERE a.id = $1
"""  # noqa: S608 - own text


async def get_plan_state(account_id: AccountId) -> PlanState:
    """As of now. Raises NotFound."""
    row = await db.find_one(_Row, _SELECT, account_id)
    if row is None:
        raise NotFound("There is no such account")
    period = None
    if row.period_start and row.period_end:
        period = Period(row.period_start, row.period_end, row.period_is_trial)
    entitlements = Entitlements(row.tier, read_overrides(row.overrides), row.api_plan)
    return PlanState(entitlements, period, row.is_closed)


async def set_tier(account_id: AccountId, tier: TierCode, period: Period | None) -> None:
    """`period` None: no subscription gives the tier. The budget of tokens is due at once."""
    sql = """
        UPDATE account SET tier = $2, period_start = $3, period_end = $4, period_is_trial = $5
        WHERE id = $1 AND (tier, period_start, period_end, period_is_trial)
            IS DISTINCT FROM ($2, $3, $4, $5)
    """
    start, end = (period.start, period.end) if period else (None, None)
    is_trial = period is not None and period.is_trial
    if await db.execute(sql, account_id, tier, start, end, is_trial):
        await mark_budget_due(account_id)


async def set_seats(account_id: AccountId, seats: int | None) -> None:
    """What a contract says in place of the tier; None: the tier's."""
    await db.execute("UPDATE account SET seats = $2 WHERE id = $1", account_id, seats)
