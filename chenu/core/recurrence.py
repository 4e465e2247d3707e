"""When recurring work is due: at an interval, or at a time of the month. Business time, UTC."""

from calendar import monthrange
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

import msgspec

_DAY_HOURS = 24
_LAST_DAY = 31


class Recurrence(Protocol):
    """`is_dated`: every due time has its own run, however late.

    Otherwise one run covers all missed ones.
    """

    is_dated: ClassVar[bool]

    @property
    def longest_retry(self) -> timedelta:
        """The longest wait before a failed run is retried."""

    def first(self, now: datetime) -> datetime:
        """The first due time after `now`."""

    def following(self, due: datetime, now: datetime) -> datetime:
        """The due time after a run for `due` that ended at `now`."""


class Every(msgspec.Struct, frozen=True):
    """An interval after the end of the last run: missed runs are not repeated."""

    interval: timedelta

    is_dated: ClassVar[bool] = False

    @property
    def longest_retry(self) -> timedelta:
        return self.interval

    def first(self, now: datetime) -> datetime:
        return now + self.interval

    def following(self, due: datetime, now: datetime) -> datetime:
        return now + self.interval


class Monthly(msgspec.Struct, frozen=True):
    """On this day of each month at this hour; in a shorter month on its last day."""

    day: int = 1
    hour: int = 6

    is_dated: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not (1 <= self.day <= _LAST_DAY and 0 <= self.hour < _DAY_HOURS):
            raise ValueError(f"no moment of a month: day {self.day}, hour {self.hour}")

    @property
    def longest_retry(self) -> timedelta:
        return timedelta(hours=1)

    def first(self, now: datetime) -> datetime:
        moment = self._in_month(now)
        return moment if moment > now else self._in_month(_next_month(now))

    def following(self, due: datetime, now: datetime) -> datetime:
        return self.first(due)

    def _in_month(self, at: datetime) -> datetime:
        last = monthrange(at.year, at.month)[1]
        day = min(self.day, last)
        return at.replace(day=day, hour=self.hour, minute=0, second=0, microsecond=0)


def _next_month(at: datetime) -> datetime:
    return at.replace(day=1) + timedelta(days=31)
