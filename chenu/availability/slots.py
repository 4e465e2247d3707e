"""Time in slots: each sample speaks for one. Slots divide the minute, so days and months too."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

import msgspec

MINUTE = timedelta(minutes=1)


class Span(msgspec.Struct, frozen=True, order=True):
    """From `start` until just before `end`, UTC."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        return max((self.end - self.start) // timedelta(seconds=1), 0)

    def within(self, other: "Span") -> "Span":
        """What both have in common; of no length where that is nothing."""
        start = max(self.start, other.start)
        return Span(start, max(start, min(self.end, other.end)))


def start_of_slot(moment: datetime, seconds: int) -> datetime:
    return start_of_day(moment.astimezone(UTC).date()) + _whole(moment, timedelta(seconds=seconds))


def _whole(moment: datetime, step: timedelta) -> timedelta:
    since = moment - start_of_day(moment.astimezone(UTC).date())
    return since // step * step


def next_minute(moment: datetime) -> datetime:
    """The first whole minute that is not before it."""
    begun = start_of_slot(moment, 60)
    return begun if begun == moment else begun + MINUTE


def start_of_day(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def span_of_days(first: date, end: date) -> Span:
    """`end` is the first day that is not part of it."""
    return Span(start_of_day(first), start_of_day(end))


def join(spans: Iterable[Span]) -> Sequence[Span]:
    """The same time in spans that neither overlap nor touch, in order."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        elif span.seconds:
            joined.append(span)
    return joined
