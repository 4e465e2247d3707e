"""The plans of the paid API as data: calls per calendar month (UTC) and per minute, cents."""

import msgspec

from chenu.core.money import Cents
from chenu.tiers.api_plan_codes import ApiPlanCode as ApiPlanCode


class ApiPlan(msgspec.Struct, frozen=True):
    """None: by contract."""

    code: ApiPlanCode
    monthly_calls: int | None
    monthly_price: Cents | None
    calls_per_minute: int | None


API_PLANS: tuple[ApiPlan, ...] = (
    ApiPlan(ApiPlanCode.FREE, 1_000, Cents(0), 10),
    ApiPlan(ApiPlanCode.BASIC, 100_000, Cents(4900), 100),
    ApiPlan(ApiPlanCode.PRO, 1_000_000, Cents(29900), 1_000),
    ApiPlan(ApiPlanCode.ENTERPRISE, None, None, None),
)

_BY_CODE = {plan.code: plan for plan in API_PLANS}


def get_api_plan(code: ApiPlanCode) -> ApiPlan:
    return _BY_CODE[code]
