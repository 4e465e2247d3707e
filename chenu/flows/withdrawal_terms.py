"""Until when a contract may be withdrawn from, and what is returned then: dates and cents alone.

Directive 2011/83/EU art. 9 and 14; Regulation 1182/71 art. 3 and, for the last day, the French
code de la consommation L221-19. docs/decisions/0027.
"""

from datetime import UTC, date, datetime, time, timedelta

from chenu.core.money import Cents
from chenu.support.business_hours import PARIS

WITHDRAWAL_DAYS = 14
_SATURDAY = 5
_FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)})
_AFTER_EASTER = (1, 39, 50)
"""Easter Monday, Ascension, Pentecost Monday."""


def withdrawal_ends_at(first_paid_at: datetime) -> datetime:
    """The first moment that is too late, in UTC.

    The day of the payment does not count; the last day is whole, in Paris, and where nobody works
    on it the next working day is the last.
    """
    last = first_paid_at.astimezone(PARIS).date() + timedelta(days=WITHDRAWAL_DAYS)
    while not is_working_day(last):
        last += timedelta(days=1)
    return datetime.combine(last + timedelta(days=1), time(), PARIS).astimezone(UTC)


def may_withdraw(first_paid_at: datetime | None, at: datetime) -> bool:
    """Before the first payment the days have not begun to count."""
    return first_paid_at is None or at < withdrawal_ends_at(first_paid_at)


def is_working_day(day: date) -> bool:
    """In France."""
    if day.weekday() >= _SATURDAY or (day.month, day.day) in _FIXED_HOLIDAYS:
        return False
    return (day - _easter(day.year)).days not in _AFTER_EASTER


def _easter(year: int) -> date:
    """By the algorithm of Meeus, Jones and Butcher."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    l = (32 + 2 * e + 2 * i - h - k) % 7  # noqa: E741 - the algorithm's names
    m = (a + 11 * h + 19 * l) // 433
    month, day = divmod(h + l - 7 * m + 114, 31)
    return date(year, month, day + 1)


def returned_amount(
    paid: Cents, period_start: datetime, period_end: datetime, at: datetime, *, starts_now: bool
) -> Cents:
    """Of what was paid for a period: all, unless the buyer asked for it to begin at once.

    Then the days that are over are deducted, rounded down: no cent is lost by rounding, and the day
    that has begun is free. Days are those of the clock on the wall in Paris.
    """
    if not starts_now:
        return paid
    whole = _days(period_start, period_end)
    used = min(max(_days(period_start, at), 0), whole)
    return Cents(paid - paid * used // whole) if whole > 0 else paid


def _days(start: datetime, end: datetime) -> int:
    """Whole days between two moments as clocks in Paris show them, whatever the season does."""
    first, last = (each.astimezone(PARIS).replace(tzinfo=None) for each in (start, end))
    return (last - first).days
