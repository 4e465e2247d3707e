"""What the limiter answers, and how it is told from a number of calls."""

from datetime import UTC, date, datetime, timedelta
from enum import IntEnum, StrEnum
from functools import lru_cache

import msgspec

from chenu.core.clock import CLOCK
from chenu.core.months import Month
from chenu.metering.allowances import Allowance

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_MICROSECONDS = 1_000_000


class RefusedBy(StrEnum):
    """The calls per minute, or those of the month."""

    RATE = "RATE"
    QUOTA = "QUOTA"


class Outcome(IntEnum):
    """As take.lua answers. UNKNOWN: what was used of the month must be read first."""

    SERVED = 0
    RATE = 1
    QUOTA = 2
    UNKNOWN = 3


class Taken(msgspec.Struct, frozen=True):
    """The answer of take.lua, or of the share of this process.

    `available` -1: no rate. `at`: microseconds of system time since 1970.
    """

    outcome: Outcome
    available: int
    used: int
    wait_microseconds: int
    month: Month
    day: date
    at: int


class Decision(msgspec.Struct, frozen=True):
    """`calls` were taken: 0 if refused. `available` are left at this moment, `restore_rate` come
    back each minute; `limit` and `remaining` are of the month, which ends at `resets_at`. None: no
    limit. `retry_after` is in whole seconds, 0 if served. `used` are the month's calls so far.
    """

    refused_by: RefusedBy | None
    calls: int
    available: int | None
    restore_rate: int | None
    limit: int | None
    remaining: int | None
    retry_after: int
    resets_at: datetime
    used: int

    @property
    def is_served(self) -> bool:
        return self.refused_by is None


_REFUSED_BY = {Outcome.RATE: RefusedBy.RATE, Outcome.QUOTA: RefusedBy.QUOTA}
_OUTCOMES = tuple(Outcome)


def read_answer(answer: list[int]) -> Taken:
    outcome, available, used, wait, month, day, at = answer
    return Taken(_OUTCOMES[outcome], available, used, wait, _month(month), _day(day), at)


def decide(allowance: Allowance, calls: int, taken: Taken) -> Decision:
    refused_by = _REFUSED_BY.get(taken.outcome)
    limit, has_rate = allowance.monthly_calls, allowance.calls_per_minute is not None
    return Decision(
        refused_by=refused_by,
        calls=0 if refused_by else calls,
        available=taken.available if has_rate else None,
        restore_rate=allowance.calls_per_minute,
        limit=limit,
        remaining=None if limit is None else max(0, limit - taken.used),
        retry_after=_retry_after(taken),
        resets_at=_end(taken.month),
        used=taken.used,
    )


def _retry_after(taken: Taken) -> int:
    if taken.outcome is Outcome.QUOTA:
        left = _end(taken.month) - CLOCK.offset - _EPOCH - timedelta(microseconds=taken.at)
        return max(1, -(-left // timedelta(seconds=1)))
    return -(-taken.wait_microseconds // _MICROSECONDS)


@lru_cache(maxsize=64)
def _month(number: int) -> Month:
    return Month(number // 12, number % 12 + 1)


@lru_cache(maxsize=64)
def _end(month: Month) -> datetime:
    return month.end.astimezone(UTC)


@lru_cache(maxsize=64)
def _day(number: int) -> date:
    return date.fromordinal(_EPOCH_ORDINAL + number)
