"""A creator's earnings by day as a small SVG chart; the page has the numbers as text too."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from chenu.agents.earnings import DayNet
from chenu.core.clock import business_now
from storefront.charts import Scale

DAYS = 30
WIDTH = 600
HEIGHT = 120
_GAP = 4


class Bar(msgspec.Struct, frozen=True):
    """One day's bar, in integer units of the drawing, which is WIDTH by HEIGHT."""

    day: date
    net: int
    x: int
    y: int
    width: int
    height: int


class EarningsChart(msgspec.Struct, frozen=True):
    bars: Sequence[Bar]
    highest: int
    total: int


def draw_earnings(series: Sequence[DayNet]) -> EarningsChart:
    """The last 30 days, the newest on the right; days without a sale have height 0."""
    today = business_now().date()
    return draw_days([today - timedelta(days=back) for back in reversed(range(DAYS))], series)


def draw_days(days: Sequence[date], series: Sequence[DayNet]) -> EarningsChart:
    by_day = {point.day: int(point.net) for point in series}
    return draw_values(days, [by_day.get(day, 0) for day in days])


def draw_values(days: Sequence[date], values: Sequence[int]) -> EarningsChart:
    """A bar for each of the days, or of the months that they begin; none below zero."""
    highest = max(*values, 1)
    step, scale = WIDTH // len(days), Scale(0, highest, 0, HEIGHT)
    bars = [
        Bar(day, net, place * step, y, step - _GAP, HEIGHT - y)
        for place, (day, net) in enumerate(zip(days, values, strict=True))
        for y in [scale.y(net)]
    ]
    return EarningsChart(bars, max(*values, 0), sum(values))
