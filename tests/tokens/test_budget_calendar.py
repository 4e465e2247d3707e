"""From when to when each monthly budget runs: ends of months, leap days, years, summer time."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from chenu.ledger.amounts import Tokens
from chenu.tokens.budget_calendar import BudgetMonth, month_from, month_of_plan


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def month(start: str, end: str) -> BudgetMonth:
    return BudgetMonth(at(start), at(end))


@pytest.mark.parametrize(
    ("anchor", "now", "start", "end"),
    [
        ("2026-03-15T08:00", "2026-03-15T08:00", "2026-03-15T08:00", "2026-04-15T08:00"),
        ("2026-03-15T08:00", "2026-04-15T07:59:59", "2026-03-15T08:00", "2026-04-15T08:00"),
        ("2026-03-15T08:00", "2026-04-15T08:00", "2026-04-15T08:00", "2026-05-15T08:00"),
        ("2026-01-31T09:30", "2026-02-10", "2026-01-31T09:30", "2026-02-28T09:30"),
        ("2026-01-31T09:30", "2026-02-28T09:30", "2026-02-28T09:30", "2026-03-31T09:30"),
        ("2026-01-31T09:30", "2026-04-30T09:29", "2026-03-31T09:30", "2026-04-30T09:30"),
        ("2026-01-31T09:30", "2026-05-01", "2026-04-30T09:30", "2026-05-31T09:30"),
        ("2028-01-31T09:30", "2028-02-29T10:00", "2028-02-29T09:30", "2028-03-31T09:30"),
        ("2028-02-29T09:30", "2029-02-28T10:00", "2029-02-28T09:30", "2029-03-29T09:30"),
        ("2028-02-29T09:30", "2032-02-29T09:30", "2032-02-29T09:30", "2032-03-29T09:30"),
        ("2026-12-05T23:59:59", "2027-01-05", "2026-12-05T23:59:59", "2027-01-05T23:59:59"),
        ("2026-03-15T02:30", "2026-03-30", "2026-03-15T02:30", "2026-04-15T02:30"),
        ("2026-03-15T08:00", "2026-03-15T07:59", "2026-03-15T08:00", "2026-04-15T08:00"),
        ("2020-01-31T09:30", "2026-11-30T12:00", "2026-11-30T09:30", "2026-12-31T09:30"),
    ],
    ids=[
        *("first moment", "last second", "next month", "31 January", "28 February", "30 April"),
        *("31 May", "29 February", "year after a leap day", "next leap day", "new year"),
        *("summer time", "clock behind", "years later"),
    ],
)
def test_months_count_from_the_anchor_and_never_drift(
    anchor: str, now: str, start: str, end: str
) -> None:
    assert month_from(at(anchor), at(now)) == month(start, end)


@pytest.mark.parametrize(
    ("start", "end", "now", "found"),
    [
        (
            "2026-01-31T09:30",
            "2026-02-28T09:30",
            "2026-02-10",
            ("2026-01-31T09:30", "2026-02-28T09:30"),
        ),
        (
            "2026-02-28T09:30",
            "2026-03-31T09:30",
            "2026-03-29",
            ("2026-02-28T09:30", "2026-03-31T09:30"),
        ),
        (
            "2026-02-28T09:30",
            "2026-03-28T09:30",
            "2026-03-01",
            ("2026-02-28T09:30", "2026-03-28T09:30"),
        ),
        (
            "2026-04-30T09:30",
            "2026-05-31T09:30",
            "2026-05-30T23:00",
            ("2026-04-30T09:30", "2026-05-31T09:30"),
        ),
        (
            "2026-01-31T09:30",
            "2027-01-31T09:30",
            "2026-02-10",
            ("2026-01-31T09:30", "2026-02-28T09:30"),
        ),
        (
            "2026-01-31T09:30",
            "2027-01-31T09:30",
            "2026-03-30",
            ("2026-02-28T09:30", "2026-03-31T09:30"),
        ),
        (
            "2026-01-31T09:30",
            "2027-01-31T09:30",
            "2027-01-31T05:00",
            ("2026-12-31T09:30", "2027-01-31T09:30"),
        ),
        (
            "2028-02-29T09:30",
            "2029-02-28T09:30",
            "2029-02-01",
            ("2029-01-29T09:30", "2029-02-28T09:30"),
        ),
        (
            "2027-02-28T09:30",
            "2028-02-29T09:30",
            "2028-02-28T12:00",
            ("2028-01-29T09:30", "2028-02-29T09:30"),
        ),
        (
            "2026-03-01T09:30",
            "2026-03-15T09:30",
            "2026-03-10",
            ("2026-03-01T09:30", "2026-03-15T09:30"),
        ),
        (
            "2026-01-01T09:30",
            "2026-02-15T09:30",
            "2026-02-10",
            ("2026-02-01T09:30", "2026-02-15T09:30"),
        ),
        ("2026-01-31T09:30", "2026-02-28T09:30", "2026-02-28T09:30", None),
        (
            "2026-02-28T09:30",
            "2026-03-28T09:30",
            "2026-02-28T09:29:58",
            ("2026-02-28T09:30", "2026-03-28T09:30"),
        ),
    ],
    ids=[
        *("month", "renewed on a short month's last day", "begun on 28 February", "30 April"),
        *("year", "year, March", "year, last day", "year from a leap day", "year to a leap day"),
        *("under a month", "a month and a half", "over", "Stripe's clock is ahead"),
    ],
)
def test_a_plan_s_months_lie_within_its_paid_period(
    start: str, end: str, now: str, found: tuple[str, str] | None
) -> None:
    wanted = month(*found) if found else None

    assert month_of_plan(at(start), at(end), at(now)) == wanted


@pytest.mark.parametrize("start", ["2026-01-31T09:30", "2028-02-29T00:00", "2027-02-28T09:30"])
def test_a_year_has_twelve_months_without_gap_or_overlap(start: str) -> None:
    begins = at(start)
    last = 28 if (begins.month, begins.day) == (2, 29) else begins.day
    ends = begins.replace(year=begins.year + 1, day=last)
    now, found = begins, []

    while (current := month_of_plan(begins, ends, now)) is not None:
        found.append(current)
        now = current.end

    assert len(found) == 12
    assert (found[0].start, found[-1].end) == (begins, ends)
    assert all(one.end == other.start for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("tokens", "now", "share"),
    [
        (20_000, "2026-04-01", 20_000),
        (20_000, "2026-04-16", 10_000),
        (20_000, "2026-04-30T23:59:59", 0),
        (20_000, "2026-03-31T23:59", 20_000),
        (1, "2026-04-01T00:00:01", 0),
        (100, "2026-04-11", 66),
    ],
    ids=["whole", "half", "last second", "before", "rounded down", "two thirds"],
)
def test_a_share_of_the_month_is_counted_by_seconds(tokens: int, now: str, share: int) -> None:
    assert month("2026-04-01", "2026-05-01").prorate(Tokens(tokens), at(now)) == share


def test_a_share_of_a_month_that_is_over_is_nothing() -> None:
    over = at("2026-05-01") + timedelta(days=3)

    assert month("2026-04-01", "2026-05-01").prorate(Tokens(100), over) == 0
