"""The last 90 days as bars whose height and colour say how available each was."""

from collections.abc import Sequence

import msgspec

from chenu.availability.figures import CREDITS, PROMISED
from chenu.availability.status import DayFigure

WIDTH, HEIGHT = 720, 64
_GAP = 2
_HEIGHTS = {"reached": 64, "missed": 44, "bad": 26, "unmeasured": 8}
_BAD = CREDITS[1][0]


class DayBar(msgspec.Struct, frozen=True):
    """`kind`: reached, missed (below what is promised), bad (below 99 %), or unmeasured."""

    of: DayFigure
    kind: str
    x: int
    y: int
    width: int
    height: int


def draw_days(days: Sequence[DayFigure]) -> list[DayBar]:
    step = WIDTH // len(days)
    return [
        DayBar(day, kind, place * step, HEIGHT - height, step - _GAP, height)
        for place, day in enumerate(days)
        for kind in [judge_day(day)]
        for height in [_HEIGHTS[kind]]
    ]


def judge_day(day: DayFigure) -> str:
    found = day.figure.thousandths
    if found is None:
        return "unmeasured"
    if found >= PROMISED:
        return "reached"
    return "missed" if found >= _BAD else "bad"
