"""The calendar periods that a report is about, and the steps of its series. Days are UTC."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

import msgspec

from chenu.agents.run_totals import TimeUnit
from chenu.core.errors import BadInput
from chenu.core.i18n import mark

_ONE_DAY = timedelta(days=1)
_FIRST_YEAR = 2000
_LAST_YEAR = 2100


class RoiPeriod(StrEnum):
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"


_MONTHS = {RoiPeriod.MONTH: 1, RoiPeriod.QUARTER: 3, RoiPeriod.YEAR: 12}

UNIT_OF_STEP: Mapping[RoiPeriod, TimeUnit] = {
    RoiPeriod.MONTH: "day",
    RoiPeriod.QUARTER: "week",
    RoiPeriod.YEAR: "month",
}


class Span(msgspec.Struct, frozen=True):
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def contains(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.first, time(), UTC)

    @property
    def end(self) -> datetime:
        """The moment after the last one."""
        return datetime.combine(self.last + _ONE_DAY, time(), UTC)


def find_span(period: RoiPeriod, on: date) -> Span:
    """The calendar month, quarter or year that the day is in; raises BadInput."""
    if not _FIRST_YEAR <= on.year <= _LAST_YEAR:
        message = mark("Please choose a day of the years {first} to {last}")
        raise BadInput(message, path=("on",), first=_FIRST_YEAR, last=_LAST_YEAR)
    months = _MONTHS[period]
    first_month = (on.month - 1) // months * months + 1
    first = date(on.year, first_month, 1)
    year, month = divmod(first_month - 1 + months, 12)
    return Span(first, date(on.year + year, month + 1, 1) - _ONE_DAY)


def find_earlier(span: Span) -> date | None:
    """A day of the period before; None where there is none to look at."""
    day = span.first - _ONE_DAY
    return day if day.year >= _FIRST_YEAR else None


def find_later(span: Span, today: date) -> date | None:
    """A day of the period after; None where it has not begun."""
    day = span.last + _ONE_DAY
    return day if day <= today else None


def list_steps(period: RoiPeriod, span: Span) -> list[Span]:
    """Each day of a month, each week of a quarter (from Monday, cut at its edges), each month of
    a year.
    """
    steps: list[Span] = []
    first = span.first
    while first <= span.last:
        last = min(_last_of_step(period, first), span.last)
        steps.append(Span(first, last))
        first = last + _ONE_DAY
    return steps


def _last_of_step(period: RoiPeriod, first: date) -> date:
    if period is RoiPeriod.MONTH:
        return first
    if period is RoiPeriod.QUARTER:
        return first + timedelta(days=6 - first.weekday())
    return find_span(RoiPeriod.MONTH, first).last
