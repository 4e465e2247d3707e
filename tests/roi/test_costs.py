"""What was paid, spread over its days, by hand."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chenu.core.money import Cents
from chenu.roi.costs import CostKind, PaidItem, PaidPeriod, cost_within, spread
from chenu.roi.periods import RoiPeriod, find_span, list_steps

MONTH, QUARTER, YEAR = RoiPeriod


def plan(paid: int, *lines: tuple[int, date, date], on: date = date(2026, 11, 1)) -> PaidItem:
    periods = tuple(PaidPeriod(Cents(amount), first, end) for amount, first, end in lines)
    return PaidItem(CostKind.PLAN, "CHENU-0001", on, Cents(paid), periods)


def whole_plan(paid: int, first: date, end: date) -> PaidItem:
    return plan(paid, (paid, first, end), on=first)


MONTHS = {
    "a month from the first is whole": (
        whole_plan(2900, date(2026, 11, 1), date(2026, 12, 1)),
        [(MONTH, date(2026, 11, 1), 2900), (MONTH, date(2026, 12, 1), 0)],
    ),
    # 30 days of 96.67: 16 of them are 1546.67
    "one from the 15th of November is split": (
        whole_plan(2900, date(2026, 11, 15), date(2026, 12, 15)),
        [(MONTH, date(2026, 11, 30), 1546), (MONTH, date(2026, 12, 1), 1354)],
    ),
    # 31 January to 29 February: 29 days of 100
    "one from the end of January to a leap February": (
        whole_plan(2900, date(2028, 1, 31), date(2028, 2, 29)),
        [(MONTH, date(2028, 1, 1), 100), (MONTH, date(2028, 2, 1), 2800)],
    ),
    # 29 February to 29 March: 29 days of 100
    "one from the leap day": (
        whole_plan(2900, date(2028, 2, 29), date(2028, 3, 29)),
        [(MONTH, date(2028, 2, 1), 100), (MONTH, date(2028, 3, 1), 2800)],
    ),
    # 365 days: February has 28 of them, 28 * 29000 / 365 = 2224.66
    "a year": (
        whole_plan(29000, date(2026, 1, 1), date(2027, 1, 1)),
        [
            (MONTH, date(2026, 1, 1), 2463),
            (MONTH, date(2026, 2, 1), 2224),
            (YEAR, date(2026, 2, 1), 29000),
        ],
    ),
    # 366 days from 1 March 2027 to 1 March 2028: 306 days of 2027 are 24245.90
    "a year with a leap day": (
        whole_plan(29000, date(2027, 3, 1), date(2028, 3, 1)),
        [
            (YEAR, date(2027, 1, 1), 24245),
            (YEAR, date(2028, 1, 1), 4755),
            (MONTH, date(2028, 2, 1), 2298),
        ],
    ),
    "what is paid once is of its day": (
        PaidItem(CostKind.PACK, "CHENU-0002", date(2026, 9, 30), Cents(900)),
        [
            (MONTH, date(2026, 9, 1), 900),
            (MONTH, date(2026, 10, 1), 0),
            (QUARTER, date(2026, 7, 1), 900),
            (QUARTER, date(2026, 10, 1), 0),
        ],
    ),
    "what is late paid is of the days that it is for": (
        plan(900, (900, date(2026, 10, 1), date(2026, 11, 1)), on=date(2026, 11, 6)),
        [(MONTH, date(2026, 10, 1), 900), (MONTH, date(2026, 11, 1), 0)],
    ),
    "a line of a part of a day is of that day": (
        plan(10, (10, date(2026, 11, 9), date(2026, 11, 9))),
        [(MONTH, date(2026, 11, 1), 10)],
    ),
    "nothing is left of what was all refunded": (
        plan(0, (2900, date(2026, 11, 1), date(2026, 12, 1))),
        [(YEAR, date(2026, 1, 1), 0)],
    ),
    # 2900 less 1000, refunded in December, over the days of November and December
    "a refund in a later month lowers the days that were paid for": (
        plan(1900, (2900, date(2026, 11, 15), date(2026, 12, 15))),
        [(MONTH, date(2026, 11, 1), 1013), (MONTH, date(2026, 12, 1), 887)],
    ),
    # of 2900 with VAT 2417 without, over 30 days: 15 are 1208.5
    "VAT is off every day": (
        plan(2417, (2900, date(2026, 11, 16), date(2026, 12, 16))),
        [(MONTH, date(2026, 11, 1), 1208), (MONTH, date(2026, 12, 1), 1209)],
    ),
    # 2030 over 1 to 30 November, all of it in the month
    "a change takes unused days back and adds the new ones": (
        plan(
            4620,
            (-1980, date(2026, 11, 11), date(2026, 12, 1)),
            (6600, date(2026, 11, 11), date(2026, 12, 1)),
        ),
        [(MONTH, date(2026, 11, 1), 4620), (MONTH, date(2026, 12, 1), 0)],
    ),
    # the month is credited in November, the year begins there: 20 of 365 days of 29000
    "from month to year": (
        plan(
            27067,
            (-1933, date(2026, 11, 11), date(2026, 12, 1)),
            (29000, date(2026, 11, 11), date(2027, 11, 11)),
        ),
        [(MONTH, date(2026, 11, 1), 1589 - 1933), (YEAR, date(2026, 1, 1), 4052 - 1933)],
    ),
    # a debt of 30 was too small for a card, and is paid with the next invoice
    "what is paid beyond the lines is of the day paid": (
        plan(930, (900, date(2026, 12, 1), date(2027, 1, 1)), on=date(2026, 11, 30)),
        [(MONTH, date(2026, 11, 1), 30), (MONTH, date(2026, 12, 1), 900)],
    ),
    "lines that come to nothing leave the day paid": (
        plan(
            50,
            (-900, date(2026, 11, 1), date(2026, 12, 1)),
            (900, date(2026, 11, 1), date(2026, 12, 1)),
            on=date(2026, 10, 31),
        ),
        [(MONTH, date(2026, 10, 1), 50), (MONTH, date(2026, 11, 1), 0)],
    ),
}


@pytest.mark.parametrize(("item", "costs"), MONTHS.values(), ids=MONTHS)
def test_a_cost_is_of_the_days_that_it_is_for(
    item: PaidItem, costs: list[tuple[RoiPeriod, date, int]]
) -> None:
    found = [cost_within(item, find_span(period, on)) for period, on, _ in costs]

    assert found == [cost for _, _, cost in costs]


def test_an_item_says_which_days_it_covers() -> None:
    item = whole_plan(2900, date(2026, 11, 15), date(2026, 12, 15))

    assert (item.covered.first, item.covered.last) == (date(2026, 11, 15), date(2026, 12, 14))


DAYS = st.dates(date(2025, 12, 1), date(2027, 2, 1))
LINES = st.lists(st.tuples(st.integers(-5000, 30000), DAYS, DAYS), max_size=4)


@given(st.integers(0, 40000), LINES, DAYS)
def test_no_cent_is_lost_or_counted_twice(
    paid: int, lines: list[tuple[int, date, date]], on: date
) -> None:
    item = plan(paid, *((amount, min(days), max(days)) for amount, *days in lines), on=on)
    years = [find_span(YEAR, date(year, 1, 1)) for year in (2025, 2026, 2027)]

    assert sum(share.amount for share in spread(item)) == paid
    assert sum(cost_within(item, year) for year in years) == paid
    for period in RoiPeriod:
        span = find_span(period, on)
        steps = [cost_within(item, step) for step in list_steps(period, span)]
        assert sum(steps) == cost_within(item, span)
