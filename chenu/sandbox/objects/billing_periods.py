"""Where billing periods begin and end. Pure arithmetic in UTC, counted from the billing anchor."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime

from chenu.sandbox.engine.clock import DAY
from chenu.sandbox.engine.json_types import Json

_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


@dataclass(frozen=True, slots=True)
class Interval:
    """How often a price recurs: every `count` days, weeks, months or years."""

    unit: str
    count: int = 1

    @classmethod
    def of(cls, price: Json) -> "Interval":
        recurring = price["recurring"]
        return cls(recurring["interval"], recurring["interval_count"])

    def after(self, anchor: int, times: int) -> int:
        """The anchor moved by that many intervals.

        A month without the anchor's day takes its last one, and the next month returns to the day:
        31 January, 28 February, 31 March.
        """
        if self.unit in _DAYS:
            return anchor + times * self.count * _DAYS[self.unit] * DAY
        start = datetime.fromtimestamp(anchor, UTC)
        months = start.year * 12 + start.month - 1 + times * self.count * _MONTHS[self.unit]
        year, month = divmod(months, 12)
        day = min(start.day, monthrange(year, month + 1)[1])
        return int(start.replace(year=year, month=month + 1, day=day).timestamp())

    @property
    def days(self) -> int:
        """About how long it is, to compare intervals."""
        return self.count * (_DAYS.get(self.unit) or _MONTHS[self.unit] * 30)


def next_boundary(anchor: int, interval: Interval, after: int) -> int:
    """The first end of a period that lies after a moment; the anchor itself is one of them."""
    times = (after - anchor) // (interval.days * DAY) - 2
    while interval.after(anchor, times) <= after:
        times += 1
    while interval.after(anchor, times - 1) > after:
        times -= 1
    return interval.after(anchor, times)
