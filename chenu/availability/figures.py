"""Availability in whole seconds, and the credit that follows. Pure: docs/operations.md, "SLA".

Shown to three decimals, always rounded down, so that what is shown and what is credited agree:
99.900 is shown exactly where at least 99.9 % was reached.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from chenu.availability.slots import Span, join, span_of_days

PROMISED = 99_900
"""In thousandths of a percent."""
CREDITS = ((95_000, 50), (99_000, 25), (PROMISED, 10))
"""Below so many thousandths of a percent, so many percent of the month are credited."""
_WHOLE = 100_000
_DAY = timedelta(days=1)


class DayRow(msgspec.Struct, frozen=True):
    """Sums of a day's samples, in seconds, without announced maintenance. Times are system time."""

    day: date
    available: int
    unavailable: int
    first_at: datetime | None
    last_until: datetime


class Figure(msgspec.Struct, frozen=True):
    """Seconds: `counted` of the time without announced maintenance, which is `excluded`."""

    counted: int
    excluded: int
    available: int

    @property
    def unavailable(self) -> int:
        """What samples saw, and what nobody sampled."""
        return self.counted - self.available

    @property
    def thousandths(self) -> int | None:
        """Of a percent, rounded down; None where no time counts."""
        return self.available * _WHOLE // self.counted if self.counted else None

    @property
    def credit_percent(self) -> int:
        """Of the month's amount; 0 where what was promised was reached."""
        reached = self.thousandths
        if reached is None:
            return 0
        return next((percent for below, percent in CREDITS if reached < below), 0)


class Measured(msgspec.Struct, frozen=True):
    """All that figures are made of. `since` is the first sample ever of a service that works;
    `until`: no sample of a later slot can be there yet.
    """

    days: Mapping[date, DayRow]
    maintenance: Sequence[Span]
    since: datetime | None
    until: datetime

    def figure(self, first: date, end: date) -> Figure:
        """Of the days from `first` until before `end` (UTC), as far as they were measured."""
        if self.since is None:
            return Figure(0, 0, 0)
        period = span_of_days(first, end).within(Span(self.since, self.until))
        excluded = sum(span.within(period).seconds for span in join(self.maintenance))
        counted = period.seconds - excluded
        available = sum(
            row.available for row in map(self.days.get, _list_days(first, end)) if row is not None
        )
        return Figure(counted, excluded, min(available, counted))


def _list_days(first: date, end: date) -> list[date]:
    return [first + _DAY * number for number in range((end - first).days)]
