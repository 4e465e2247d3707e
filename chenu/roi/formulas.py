"""What saved time is worth, and what that is of its cost. Integers only: docs/money.md."""

from collections.abc import Sequence

from chenu.core.money import BasisPoints, Cents, divide_half_up

DEFAULT_HOURLY_RATE = Cents(5000)
SECONDS_PER_HOUR = 3600
_PER_CENT = 100


def value_of(seconds: int, hourly_rate: Cents) -> Cents:
    return Cents(divide_half_up(seconds * hourly_rate, SECONDS_PER_HOUR))


def split_value(seconds: Sequence[int], hourly_rate: Cents) -> list[Cents]:
    """The value of each part; together they are the value of the sum, to the cent.

    Each is what the sum grows by with it, so a part may differ by a cent from its own value.
    """
    values: list[Cents] = []
    so_far, worth = 0, Cents(0)
    for part in seconds:
        so_far += part
        values.append(Cents(value_of(so_far, hourly_rate) - worth))
        worth = value_of(so_far, hourly_rate)
    return values


def return_on(cost: Cents, value: Cents) -> BasisPoints | None:
    """(value - cost) / cost in hundredths of a per cent; None where nothing was paid."""
    if cost <= 0:
        return None
    return BasisPoints(divide_half_up((value - cost) * _PER_CENT * _PER_CENT, cost))


def whole_percent(roi: BasisPoints) -> int:
    """As it is shown to people."""
    return divide_half_up(roi, _PER_CENT)
