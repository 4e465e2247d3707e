"""The time that a metric of a day is about: its calendar month so far."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from chenu.core.months import Month


class MetricSpan(msgspec.Struct, frozen=True):
    """UTC; `before` is exclusive. State is as of `before`, flows are of `since` until then."""

    since: datetime
    before: datetime

    @property
    def since_ever(self) -> "MetricSpan":
        return MetricSpan(_FIRST, self.before)


_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before anything was sold here."""


def span_of(on: date) -> MetricSpan:
    """Until the end of that day."""
    midnight = datetime.combine(on, time(), UTC)
    return MetricSpan(midnight.replace(day=1), midnight + timedelta(days=1))


def last_months(last: Month, count: int) -> Sequence[Month]:
    """The oldest first."""
    months = [last]
    while len(months) < count:
        months.append(months[-1].previous())
    return months[::-1]
