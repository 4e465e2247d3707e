"""The calendar periods of a report, by hand."""

from datetime import date, timedelta

import pytest

from chenu.core.errors import BadInput
from chenu.roi.periods import RoiPeriod, Span, find_earlier, find_later, find_span, list_steps

MONTH, QUARTER, YEAR = RoiPeriod

SPANS = {
    "a leap February": (MONTH, date(2028, 2, 29), date(2028, 2, 1), date(2028, 2, 29)),
    "another February": (MONTH, date(2026, 2, 1), date(2026, 2, 1), date(2026, 2, 28)),
    "a December": (MONTH, date(2026, 12, 31), date(2026, 12, 1), date(2026, 12, 31)),
    "the first quarter": (QUARTER, date(2028, 3, 31), date(2028, 1, 1), date(2028, 3, 31)),
    "the last quarter": (QUARTER, date(2026, 10, 1), date(2026, 10, 1), date(2026, 12, 31)),
    "a leap year": (YEAR, date(2028, 7, 1), date(2028, 1, 1), date(2028, 12, 31)),
    "the first year": (YEAR, date(2000, 1, 1), date(2000, 1, 1), date(2000, 12, 31)),
    "the last year": (YEAR, date(2100, 12, 31), date(2100, 1, 1), date(2100, 12, 31)),
}


@pytest.mark.parametrize(("period", "on", "first", "last"), SPANS.values(), ids=SPANS)
def test_a_period_is_of_the_calendar(period: RoiPeriod, on: date, first: date, last: date) -> None:
    assert find_span(period, on) == Span(first, last)


@pytest.mark.parametrize("on", [date.min, date(1999, 12, 31), date(2101, 1, 1), date.max], ids=str)
def test_a_day_of_another_age_is_refused_at_its_field(on: date) -> None:
    with pytest.raises(BadInput) as refusal:
        find_span(MONTH, on)

    assert refusal.value.path == ("on",)


@pytest.mark.parametrize("period", RoiPeriod)
@pytest.mark.parametrize("on", [date(2028, 2, 29), date(2026, 11, 28), date(2027, 1, 3)], ids=str)
def test_the_steps_of_a_period_are_its_days_without_a_gap(period: RoiPeriod, on: date) -> None:
    span = find_span(period, on)

    steps = list_steps(period, span)

    assert (steps[0].first, steps[-1].last) == (span.first, span.last)
    assert [step.first for step in steps[1:]] == [
        step.last + timedelta(days=1) for step in steps[:-1]
    ]


def test_a_quarter_has_weeks_from_monday_that_its_edges_cut() -> None:
    steps = list_steps(QUARTER, find_span(QUARTER, date(2026, 11, 28)))

    assert steps[0] == Span(date(2026, 10, 1), date(2026, 10, 4))
    assert steps[1] == Span(date(2026, 10, 5), date(2026, 10, 11))
    assert steps[-1] == Span(date(2026, 12, 28), date(2026, 12, 31))
    assert len(steps) == 14


def test_a_month_has_days_and_a_year_has_months() -> None:
    assert len(list_steps(MONTH, find_span(MONTH, date(2028, 2, 1)))) == 29
    assert len(list_steps(YEAR, find_span(YEAR, date(2028, 2, 1)))) == 12


def test_nothing_later_than_today_can_be_turned_to() -> None:
    november = find_span(MONTH, date(2026, 11, 28))

    assert find_earlier(november) == date(2026, 10, 31)
    assert find_later(november, date(2026, 11, 30)) is None
    assert find_later(november, date(2026, 12, 1)) == date(2026, 12, 1)
    assert find_earlier(find_span(MONTH, date(2000, 1, 9))) is None
