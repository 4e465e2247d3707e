"""Calendar months in UTC, as statements and earnings are asked for."""

from datetime import UTC, date, datetime, timedelta

import msgspec

from chenu.core.errors import Invalid
from chenu.core.i18n import mark

_FIRST_YEAR, _LAST_YEAR = 2000, 2999


class Month(msgspec.Struct, frozen=True, order=True):
    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return (self.end - timedelta(days=1)).date()

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        return self.next().start

    def next(self) -> "Month":
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def previous(self) -> "Month":
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)


def month_of(moment: datetime) -> Month:
    in_utc = moment.astimezone(UTC)
    return Month(in_utc.year, in_utc.month)


def read_month(text: str) -> Month:
    """From 2026-11; raises Invalid."""
    year, _, month = text.partition("-")
    is_written = text.isascii() and len(year) == 4 and len(month) == 2 and (year + month).isdigit()
    if not is_written or not 1 <= int(month) <= 12 or not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        raise Invalid(mark("A month is written like 2026-11"), path=("month",))
    return Month(int(year), int(month))
