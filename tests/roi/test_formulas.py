"""Hours, value and return, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chenu.core.money import BasisPoints, Cents
from chenu.roi.formulas import return_on, split_value, value_of, whole_percent


def test_the_golden_case() -> None:
    seconds = 50 * 15 * 60

    value = value_of(seconds, Cents(5000))
    roi = return_on(Cents(2900), value)

    assert seconds == 12 * 3600 + 1800
    assert value == 62500
    assert roi == 205517
    assert roi is not None
    assert whole_percent(roi) == 2055


VALUES = {
    "nothing": (0, 5000, 0),
    "a minute at 50 euros: 83.3": (60, 5000, 83),
    "two minutes: 166.7": (120, 5000, 167),
    "exactly half a cent goes up": (18, 100, 1),
    "just below half a cent": (17, 100, 0),
    "a second at the highest rate": (1, 1_000_000, 278),
}


@pytest.mark.parametrize(("seconds", "rate", "value"), VALUES.values(), ids=VALUES)
def test_a_value_is_rounded_half_up_to_the_cent(seconds: int, rate: int, value: int) -> None:
    assert value_of(seconds, Cents(rate)) == value


RETURNS = {
    "twice the cost": (2000, 1000, 10000, 100),
    "the cost itself": (1000, 1000, 0, 0),
    "nothing at all": (0, 1000, -10000, -100),
    "a third is rounded down": (4, 3, 3333, 33),
    "two thirds are rounded up": (5, 3, 6667, 67),
    "exactly half a hundredth goes up": (20_001, 20_000, 1, 0),
    "a half below zero goes up": (19_999, 20_000, 0, 0),
    "the whole per cent of a half goes up": (1005, 1000, 50, 1),
    "below zero as well": (995, 1000, -50, 0),
}


@pytest.mark.parametrize(("value", "cost", "roi", "shown"), RETURNS.values(), ids=RETURNS)
def test_a_return_is_rounded_half_up(value: int, cost: int, roi: int, shown: int) -> None:
    found = return_on(Cents(cost), Cents(value))

    assert found == roi
    assert whole_percent(BasisPoints(roi)) == shown


@pytest.mark.parametrize("cost", [0, -1])
def test_without_cost_there_is_no_return(cost: int) -> None:
    assert return_on(Cents(cost), Cents(62500)) is None


@given(st.lists(st.integers(0, 10**7), max_size=40), st.integers(100, 1_000_000))
def test_the_values_of_parts_are_the_value_of_their_sum(parts: list[int], rate: int) -> None:
    values = split_value(parts, Cents(rate))

    assert sum(values) == value_of(sum(parts), Cents(rate))
    assert all(
        abs(value - value_of(part, Cents(rate))) <= 1
        for part, value in zip(parts, values, strict=True)
    )
