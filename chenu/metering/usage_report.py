"""An account's calls of a month: what its owner is shown, and its API tells."""

from datetime import date, datetime, timedelta

import msgspec

from chenu.accounts.actor import AccountId
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import Invalid
from chenu.core.i18n import mark
from chenu.core.months import Month, month_of
from chenu.metering.allowances import allow_account
from chenu.metering.limiter import Limiter
from chenu.metering.plans import ApiPlan


class DayOfCalls(msgspec.Struct, frozen=True):
    """UTC. `calls` were served."""

    day: date
    calls: int
    refused: int


class MonthOfCalls(msgspec.Struct, frozen=True):
    """`limit` and `remaining` are of the month that runs, by the plan of now: None for one that is
    over, and without a limit.
    """

    month: date
    calls: int
    limit: int | None
    remaining: int | None
    resets_at: datetime
    series: tuple[DayOfCalls, ...]


async def get_month_of_calls(
    limiter: Limiter, account_id: AccountId, plan: ApiPlan, month: Month
) -> MonthOfCalls:
    """Raises Invalid for a month that has not begun. Days are a few seconds behind the sum."""
    running = month_of(business_now())
    if month > running:
        raise Invalid(mark("This month has not begun yet"), path=("month",))
    series = await _read_days(account_id, month)
    calls = sum(day.calls for day in series)
    if month < running:
        return MonthOfCalls(month.first_day, calls, None, None, month.end, series)
    now = await limiter.take(allow_account(account_id, plan), 0)
    calls = max(calls, now.used)
    limit = plan.monthly_calls
    remaining = None if limit is None else max(0, limit - calls)
    return MonthOfCalls(month.first_day, calls, limit, remaining, month.end, series)


async def _read_days(account_id: AccountId, month: Month) -> tuple[DayOfCalls, ...]:
    """Each day up to today, those without calls as well."""
    sql = """
        SELECT day, greatest(served, 0) AS calls, refused FROM api_usage
        WHERE account = $1 AND day BETWEEN $2 AND $3
    """
    rows = await db.fetch_all(DayOfCalls, sql, account_id, month.first_day, month.last_day)
    known = {row.day: row for row in rows}
    last = min(month.last_day, business_now().date())
    days = (month.first_day + timedelta(n) for n in range((last - month.first_day).days + 1))
    return tuple(known.get(day) or DayOfCalls(day, 0, 0) for day in days)
