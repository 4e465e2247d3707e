"""An account's calls by day as stacked bars: served below, refused on top of them."""

from collections.abc import Sequence
from datetime import date

import msgspec

from chenu.metering.usage_report import DayOfCalls
from storefront.charts import Scale

WIDTH = 620
HEIGHT = 160
_GAP = 3


class UsageBar(msgspec.Struct, frozen=True):
    """One day, in whole units of the drawing; each part that has calls is one unit high or more."""

    day: DayOfCalls
    x: int
    width: int
    served_y: int
    refused_y: int

    @property
    def served_height(self) -> int:
        return HEIGHT - self.served_y

    @property
    def refused_height(self) -> int:
        return self.served_y - self.refused_y


class UsageChart(msgspec.Struct, frozen=True):
    bars: Sequence[UsageBar]
    highest: int
    refused: int
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def first_day(self) -> date:
        return self.bars[0].day.day

    @property
    def last_day(self) -> date:
        return self.bars[-1].day.day


def draw_usage(days: Sequence[DayOfCalls], places: int) -> UsageChart:
    """`places` are the days of the whole month, so that bars do not move while it passes."""
    highest = max(day.calls + day.refused for day in days)
    scale, step = Scale(0, max(highest, 1), 2, HEIGHT), WIDTH // places
    bars = [_draw(day, place * step, step - _GAP, scale) for place, day in enumerate(days)]
    return UsageChart(bars, highest, sum(day.refused for day in days))


def _draw(day: DayOfCalls, x: int, width: int, scale: Scale) -> UsageBar:
    served_y = scale.y(day.calls) - _least(day.calls, scale)
    refused_y = min(scale.y(day.calls + day.refused), served_y - (day.refused > 0))
    return UsageBar(day, x, width, served_y, refused_y)


def _least(value: int, scale: Scale) -> int:
    """What a part needs to be seen at all."""
    return int(value > 0 and scale.y(value) == scale.bottom)
