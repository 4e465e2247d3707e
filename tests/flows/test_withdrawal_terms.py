"""Until when one may withdraw and what comes back: dates and cents, worked by hand."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chenu.core.money import Cents
from chenu.flows.withdrawal_terms import may_withdraw, returned_amount, withdrawal_ends_at

LAST_MOMENTS = {
    # paid (UTC), the first moment that is too late (UTC)
    "a Tuesday": ("2026-11-10T15:00:00", "2026-11-24T23:00:00"),
    "just before midnight in Paris": ("2026-11-10T22:59:59", "2026-11-24T23:00:00"),
    "midnight in Paris": ("2026-11-10T23:00:00", "2026-11-25T23:00:00"),
    "the last day is a Saturday": ("2026-11-14T12:00:00", "2026-11-30T23:00:00"),
    "the last day is a Sunday": ("2026-11-15T12:00:00", "2026-11-30T23:00:00"),
    "summer time begins meanwhile": ("2026-03-18T12:00:00", "2026-04-01T22:00:00"),
    "summer time ends meanwhile": ("2026-10-13T12:00:00", "2026-10-27T23:00:00"),
    "the last day is 11 November": ("2026-10-28T12:00:00", "2026-11-12T23:00:00"),
    "the last day is Christmas, then a weekend": ("2026-12-11T12:00:00", "2026-12-28T23:00:00"),
    "the last day is Easter Monday": ("2026-03-23T12:00:00", "2026-04-07T22:00:00"),
    "the last day is Ascension": ("2026-04-30T12:00:00", "2026-05-15T22:00:00"),
    "the last day is Pentecost Monday": ("2026-05-11T12:00:00", "2026-05-26T22:00:00"),
    "over the end of a leap year's February": ("2028-02-16T12:00:00", "2028-03-01T23:00:00"),
}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("paid", "late"), LAST_MOMENTS.values(), ids=LAST_MOMENTS.keys())
def test_the_last_second_counts_and_the_next_is_too_late(paid: str, late: str) -> None:
    assert withdrawal_ends_at(moment(paid)) == moment(late)
    assert may_withdraw(moment(paid), moment(late) - timedelta(seconds=1))
    assert not may_withdraw(moment(paid), moment(late))


def test_before_the_first_payment_no_day_is_lost() -> None:
    assert may_withdraw(None, moment("2999-01-01T00:00:00"))


RETURNED = {
    # paid, period, when, what comes back of what was asked to start at once
    "the same minute": (2900, "2026-11-01", "2026-12-01", "2026-11-01T00:01:00", 2900),
    "the first day is free": (2900, "2026-11-01", "2026-12-01", "2026-11-01T23:59:59", 2900),
    "one day of thirty": (2900, "2026-11-01", "2026-12-01", "2026-11-02T00:00:00", 2804),
    "ten days of thirty": (2900, "2026-11-01", "2026-12-01", "2026-11-11T12:00:00", 1934),
    "thirteen days of thirty-one": (900, "2026-12-01", "2027-01-01", "2026-12-14T08:00:00", 523),
    "ten days of a year": (29000, "2026-11-01", "2027-11-01", "2026-11-11T00:00:00", 28206),
    "an hour less in spring": (2900, "2026-03-15", "2026-04-15", "2026-03-29T00:00:00", 1591),
    "nothing was paid": (0, "2026-11-01", "2026-12-01", "2026-11-11T12:00:00", 0),
    "after the period": (2900, "2026-11-01", "2026-12-01", "2027-01-01T00:00:00", 0),
    "before the period": (2900, "2026-11-01", "2026-12-01", "2026-10-01T00:00:00", 2900),
    "no period": (2900, "2026-11-01", "2026-11-01", "2026-11-05T00:00:00", 2900),
}


@pytest.mark.parametrize(
    ("paid", "start", "end", "at", "back"), RETURNED.values(), ids=RETURNED.keys()
)
def test_the_days_used_are_deducted_only_from_who_asked_to_start_at_once(
    paid: int, start: str, end: str, at: str, back: int
) -> None:
    period = (moment(f"{start}T00:00:00"), moment(f"{end}T00:00:00"))

    assert returned_amount(Cents(paid), *period, moment(at), starts_now=True) == back
    assert returned_amount(Cents(paid), *period, moment(at), starts_now=False) == paid


@given(
    paid=st.integers(1, 100_000),
    days=st.integers(1, 366),
    used=st.integers(0, 400),
    seconds=st.integers(0, 86_399),
)
def test_no_cent_is_lost_by_rounding(paid: int, days: int, used: int, seconds: int) -> None:
    """What is deducted is at most the exact share of the days that are over."""
    start = moment("2026-01-01T12:00:00")
    at = start + timedelta(days=used, seconds=seconds)
    back = returned_amount(Cents(paid), start, start + timedelta(days=days), at, starts_now=True)

    assert 0 <= back <= paid
    assert (paid - back) * days <= paid * min(used + 1, days)
