"""Refusals of the paid API's limits: each says when the same call is served again."""

from chenu.core.errors import RateLimited
from chenu.core.i18n import mark
from chenu.metering.decisions import Decision, RefusedBy
from chenu.metering.plans import API_PLANS, ApiPlan, ApiPlanCode


class QuotaExceeded(RateLimited):
    """The calls of the month are used up."""

    code = "QUOTA_EXCEEDED"


def make_refusal(decision: Decision, plan: ApiPlanCode | None) -> RateLimited | None:
    """None if the calls were served."""
    if decision.refused_by is None:
        return None
    if decision.refused_by is RefusedBy.RATE:
        message = mark(
            "Too many calls: this caller may make {rate} a minute. Please try again in "
            "{retry_after} seconds"
        )
        return RateLimited(message, retry_after=decision.retry_after, rate=decision.restore_rate)
    return _make_quota_refusal(decision, plan)


def _make_quota_refusal(decision: Decision, plan: ApiPlanCode | None) -> QuotaExceeded:
    larger = find_next_plan(plan)
    params = {
        "limit": decision.limit,
        "remaining": decision.remaining,
        "resets_at": decision.resets_at,
    }
    if larger is None or larger.monthly_price is None:
        message = mark(
            "This account's {limit} calls of the month are used up ({remaining} are left): they "
            "begin anew at {resets_at}, or by contract on /developers"
        )
        return QuotaExceeded(message, retry_after=decision.retry_after, **params)
    message = mark(
        "This account's {limit} calls of the month are used up ({remaining} are left): they "
        "begin anew at {resets_at}, or now with the plan {plan} for {price} a month on /developers"
    )
    params |= {"plan": larger.code, "price": larger.monthly_price}
    return QuotaExceeded(message, retry_after=decision.retry_after, **params)


def find_next_plan(plan: ApiPlanCode | None) -> ApiPlan | None:
    """The plan above; None above the largest."""
    codes = [each.code for each in API_PLANS]
    after = len(codes) if plan is None else codes.index(plan) + 1
    return API_PLANS[after] if after < len(codes) else None
