"""From when to when each monthly budget runs: pure arithmetic of business time, UTC."""

from calendar import monthrange
from datetime import datetime, timedelta

import msgspec

from chenu.ledger.amounts import Tokens

_SECOND = timedelta(seconds=1)
_MONTHS_OF_YEAR = 12


class BudgetMonth(msgspec.Struct, frozen=True):
    """It runs from `start` until just before `end`."""

    start: datetime
    end: datetime

    def prorate(self, tokens: Tokens, now: datetime) -> Tokens:
        """The share of the seconds that are left, rounded down."""
        left = (self.end - max(now, self.start)) // _SECOND
        return Tokens(max(0, tokens * left // ((self.end - self.start) // _SECOND)))


def month_from(anchor: datetime, now: datetime) -> BudgetMonth:
    """The month of `now`, counted from the anchor; in a shorter month the last day begins it."""
    return _month_of(anchor, anchor.day, now)


def month_of_plan(start: datetime, end: datetime, now: datetime) -> BudgetMonth | None:
    """Of a plan's paid period of a month or a year; None once that is over.

    A period that begins on the last day of a short month ends on the day that the plan is renewed.
    """
    at = max(now, start)  # Stripe's clock may be ahead of ours
    if at >= end:
        return None
    day = max(start.day, end.day)
    ends = [_add_months(start, day, number) for number in (0, _months_between(start, end))]
    month = _month_of(start, day if ends == [start, end] else start.day, at)
    return BudgetMonth(month.start, min(month.end, end))


def _month_of(first: datetime, day: int, now: datetime) -> BudgetMonth:
    number = max(0, _months_between(first, now))
    if number and _add_months(first, day, number) > now:
        number -= 1
    return BudgetMonth(_add_months(first, day, number), _add_months(first, day, number + 1))


def _months_between(first: datetime, last: datetime) -> int:
    """Of the calendar, whatever the days."""
    return (last.year - first.year) * _MONTHS_OF_YEAR + last.month - first.month


def _add_months(first: datetime, day: int, number: int) -> datetime:
    """The same time of day, on `day` or the month's last; never added up from month to month."""
    years, month = divmod(first.month - 1 + number, _MONTHS_OF_YEAR)
    year, month = first.year + years, month + 1
    return first.replace(year=year, month=month, day=min(day, monthrange(year, month)[1]))
