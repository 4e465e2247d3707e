"""Refusals of a caller who has no calls left: when there are some again, and where more are."""

from datetime import datetime

from babel.dates import format_date

from chenu.core.errors import RateLimited
from chenu.core.i18n import Locale, mark
from chenu.core.money import format_cents
from chenu.core.numbers import format_number
from chenu.metering.allowances import Allowance
from chenu.metering.decisions import Decision, RefusedBy
from chenu.metering.plans import API_PLANS, ApiPlan, ApiPlanCode

_RATE_OF_PLAN = mark(
    "Your plan has {count} calls a minute, and this request takes more than are left. You can try"
    " again in {retry_after} seconds, or choose a larger plan on /developers"
)
_RATE = mark("At most {count} requests a minute. You can try again in {retry_after} seconds")
_QUOTA = mark(
    "Your plan has {most} calls a month, and this request takes more than are left. They begin"
    " anew on {day} (UTC), or now with {plan} on /developers: {calls} a month for {price}"
)
_QUOTA_OF_PRO = mark(
    "Your plan has {most} calls a month, and this request takes more than are left. They begin"
    " anew on {day} (UTC), or now with {plan}, whose calls and price are agreed: /developers"
)
_QUOTA_OF_CONTRACT = mark(
    "Your contract has {most} calls a month, and this request takes more than are left. They"
    " begin anew on {day} (UTC), or now with a larger contract: /developers"
)


class QuotaExceeded(RateLimited):
    """`next_plan` None: there is none above."""

    code = "QUOTA_EXCEEDED"

    def __init__(
        self,
        message: str,
        *,
        retry_after: int,
        resets_at: datetime,
        limit: int,
        next_plan: ApiPlan | None,
        **params: str,
    ) -> None:
        super().__init__(message, retry_after=retry_after, **params)
        self.resets_at = resets_at
        self.limit = limit
        self.next_plan = next_plan


def make_refusal(allowance: Allowance, decision: Decision, locale: Locale) -> RateLimited:
    """In numbers and dates of the caller's language."""
    if decision.refused_by is RefusedBy.QUOTA:
        return _refuse_month(allowance, decision, locale)
    count = format_number(allowance.calls_per_minute or 0, locale)
    message = _RATE if allowance.plan is None else _RATE_OF_PLAN
    return RateLimited(message, retry_after=decision.retry_after, count=count)


def _refuse_month(allowance: Allowance, decision: Decision, locale: Locale) -> QuotaExceeded:
    above = find_next_plan(allowance.plan)
    words, params = _QUOTA_OF_CONTRACT, dict[str, str]()
    if above is not None:
        words, params = _QUOTA_OF_PRO, {"plan": above.code.value}
    if above is not None and above.monthly_price is not None:
        words = _QUOTA
        params["price"] = format_cents(above.monthly_price, locale)
        params["calls"] = format_number(above.monthly_calls or 0, locale)
    return QuotaExceeded(
        words,
        retry_after=decision.retry_after,
        resets_at=decision.resets_at,
        limit=decision.limit or 0,
        next_plan=above,
        most=format_number(decision.limit or 0, locale),
        day=format_date(decision.resets_at, "long", locale=locale),
        **params,
    )


def find_next_plan(code: ApiPlanCode | None) -> ApiPlan | None:
    """The plan above, by price; None above the last."""
    codes = [plan.code for plan in API_PLANS]
    above = codes.index(code) + 1 if code in codes else len(codes)
    return API_PLANS[above] if above < len(codes) else None
