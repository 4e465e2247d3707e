"""The API plan of an account as it stands: of its subscription, of a contract, or the free one."""

from datetime import datetime

import msgspec

from chenu.accounts.actor import AccountId
from chenu.billing.recurring import SubscriptionStatus
from chenu.billing.subscriptions import SubscriptionRow
from chenu.metering.plans import ApiPlan, get_api_plan
from chenu.tiers.api_plan_codes import ApiPlanCode


class ApiPlanState(msgspec.Struct, frozen=True):
    """`current_period_end` None: nothing is paid for it by card, so nothing ends."""

    account_id: AccountId
    plan: ApiPlan
    status: SubscriptionStatus
    current_period_end: datetime | None
    cancel_at_period_end: bool


def describe_api_plan(
    account_id: AccountId, row: SubscriptionRow | None, current: ApiPlan
) -> ApiPlanState:
    """`current` is what the account has by now: a contract's stands before all else."""
    if current.code is ApiPlanCode.ENTERPRISE or row is None or not row.is_live:
        is_contract = current.code is ApiPlanCode.ENTERPRISE
        plan = current if is_contract else get_api_plan(ApiPlanCode.FREE)
        return ApiPlanState(account_id, plan, SubscriptionStatus.ACTIVE, None, False)
    return ApiPlanState(
        account_id,
        get_api_plan(ApiPlanCode(row.item)),
        row.status,
        row.period_end,
        row.cancel_at_period_end,
    )
