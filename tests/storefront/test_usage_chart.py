"""The chart of calls by day: each call is seen, and nothing leaves the drawing."""

from datetime import date, timedelta

import pytest

from chenu.metering.usage_report import DayOfCalls
from storefront.usage_chart import HEIGHT, WIDTH, UsageChart, draw_usage

_FIRST = date(2026, 11, 1)


def _draw(*calls: tuple[int, int]) -> UsageChart:
    days = [
        DayOfCalls(_FIRST + timedelta(place), served, refused)
        for place, (served, refused) in enumerate(calls)
    ]
    return draw_usage(days, 30)


def test_refused_calls_stand_on_the_served_ones() -> None:
    chart = _draw((0, 0), (300, 100), (100, 0))

    empty, highest, lower = chart.bars
    assert (empty.served_height, empty.refused_height) == (0, 0)
    assert highest.refused_y + highest.refused_height == highest.served_y
    assert highest.served_height in range(
        3 * highest.refused_height - 3, 3 * highest.refused_height + 4
    )
    assert lower.served_height < highest.served_height
    assert (chart.highest, chart.refused) == (400, 100)


@pytest.mark.parametrize(
    "calls",
    [(1, 0), (0, 1), (1, 1), (10**9, 0), (0, 10**9)],
    ids=["1+0", "0+1", "1+1", "G+0", "0+G"],
)
def test_what_happened_is_seen_beside_a_day_with_many(calls: tuple[int, int]) -> None:
    _, bar = _draw((10**9, 10**9), calls).bars

    assert (bar.served_height > 0, bar.refused_height > 0) == (calls[0] > 0, calls[1] > 0)
    assert 0 <= bar.refused_y <= bar.served_y <= HEIGHT


def test_a_whole_month_fits_and_bars_do_not_move_while_it_passes() -> None:
    first, whole = _draw((5, 0)), _draw(*[(5, 0)] * 30)

    assert first.bars[0] == whole.bars[0]
    assert whole.bars[-1].x + whole.bars[-1].width <= WIDTH
    assert draw_usage([DayOfCalls(_FIRST, 0, 0)], 31).highest == 0
