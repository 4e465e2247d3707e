"""The global movable clock. Only this module reads the time of the machine."""

import re
import time
from datetime import UTC, datetime

DAY = 86_400
_UNITS = {"W": 7 * DAY, "D": DAY, "H": 3600, "M": 60, "S": 1}
_ISO = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_SHORT = re.compile(r"(\d+)([wdhms])")


def wall_now() -> int:
    """Unix seconds of the machine: for signatures, webhook retries and a session's `expires_at`."""
    return int(time.time())


def wall_ms() -> int:
    return int(time.time() * 1000)


class Clock:
    """Wall time plus an offset in whole seconds."""

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset

    def now(self) -> int:
        """Unix seconds of the global clock: the time of `created` and of every due task."""
        return wall_now() + self.offset

    def move_to(self, moment: int) -> None:
        self.offset = moment - wall_now()


def parse_duration(text: str) -> int:
    """Seconds of `P14D`, `PT6M` or `30d`. Raises ValueError, also for months: they differ."""
    short = _SHORT.fullmatch(text)
    if short:
        return int(short[1]) * _UNITS[short[2].upper()]
    iso = _ISO.fullmatch(text)
    if not iso or not any(iso.groups()):
        raise ValueError(f"not a duration of weeks, days, hours, minutes and seconds: {text!r}")
    return sum(
        int(amount) * _UNITS[unit]
        for amount, unit in zip(iso.groups(), "WDHMS", strict=True)
        if amount
    )


def rfc3339(moment: int, milliseconds: int = 0) -> str:
    """A timestamp of API v2: `2026-11-22T18:30:00.123Z`."""
    stamp = datetime.fromtimestamp(moment, UTC)
    return f"{stamp:%Y-%m-%dT%H:%M:%S}.{milliseconds:03d}Z"


def parse_rfc3339(text: str) -> int:
    """Milliseconds since 1970; raises ValueError."""
    stamp = datetime.fromisoformat(text)
    if stamp.tzinfo is None:
        raise ValueError(f"a timestamp without a time zone: {text!r}")
    return round(stamp.timestamp() * 1000)


def last_midnight(moment: int) -> int:
    """The last midnight in UTC up to the moment."""
    return moment // DAY * DAY


def next_midnight(moment: int) -> int:
    """The first midnight in UTC after the moment."""
    return last_midnight(moment) + DAY
