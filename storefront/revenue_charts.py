"""Drawings of revenue: movements by month, the trend of a figure, and what stays of cohorts.

Each has a table beside it that says the same; the numbers here are units of the drawing.
"""

from collections.abc import Sequence
from itertools import groupby

import msgspec

from chenu.analytics.model import Cohort, MonthMovements, MovementKind, TrendPoint
from chenu.core.money import WHOLE
from chenu.core.months import Month
from storefront.charts import (
    HEIGHT,
    LEFT,
    RIGHT,
    WIDTH,
    Dot,
    Line,
    LineChart,
    Scale,
    Tick,
    draw_axis,
    draw_lines,
    list_labelled,
)

_LEAST_EUROS = 100
_LABELS = 8
"""Months are named with their year."""
_SPARK_WIDTH, _SPARK_HEIGHT, _SPARK_EDGE = 120, 32, 4
_CELL_WIDTH, _CELL_HEIGHT = 36, 26
_HEAD, _NAMES = 26, 188
_LEVELS = 5


class Block(msgspec.Struct, frozen=True):
    """A part of a month's column: `value` in cents, not below zero."""

    kind: MovementKind
    month: Month
    value: int
    x: int
    y: int
    width: int
    height: int


class MovementChart(msgspec.Struct, frozen=True):
    """What came in stands above the axis, what was lost hangs below it."""

    blocks: Sequence[Block]
    values: Sequence[Tick]
    steps: Sequence[Tick]
    zero: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


def draw_movements(months: Sequence[MonthMovements]) -> MovementChart:
    columns = [(_gains(each), _losses(each)) for each in months]
    ends = [sign * sum(part) for up, down in columns for sign, part in ((1, up), (-1, down))]
    axis = draw_axis(ends, least=_LEAST_EUROS)
    slot = (WIDTH - LEFT - RIGHT) // max(len(months), 1)
    blocks = []
    for place, (up, down) in enumerate(columns):
        column = _Column(months[place].month, LEFT + place * slot, slot, axis.scale)
        blocks += column.stack(_UP, up, 1) + column.stack(_DOWN, down, -1)
    labels = [
        Tick(LEFT + step * slot + slot // 2, step) for step in list_labelled(len(months), _LABELS)
    ]
    return MovementChart(blocks, axis.values, labels, axis.scale.y(0))


_UP = (MovementKind.NEW, MovementKind.REACTIVATION, MovementKind.EXPANSION)
_DOWN = (MovementKind.CONTRACTION, MovementKind.CHURN)


def _gains(each: MonthMovements) -> tuple[int, ...]:
    return (each.new, each.reactivation, each.expansion)


def _losses(each: MonthMovements) -> tuple[int, ...]:
    return (each.contraction, each.churn)


class _Column(msgspec.Struct, frozen=True):
    month: Month
    x: int
    slot: int
    scale: Scale

    def stack(self, kinds: Sequence[MovementKind], parts: Sequence[int], sign: int) -> list[Block]:
        """From the axis outwards; a part without value has no block."""
        blocks, reached, gap = [], 0, max(self.slot // 5, 2)
        for kind, value in zip(kinds, parts, strict=True):
            inner = self.scale.y(sign * reached)
            reached += value
            outer = self.scale.y(sign * reached)
            size = (self.slot - gap, max(abs(outer - inner), 1))
            if value:
                at = (self.x + gap // 2, min(inner, outer))
                blocks.append(Block(kind, self.month, value, *at, *size))
        return blocks


def draw_mrr(months: Sequence[MonthMovements]) -> LineChart:
    """The MRR at the end of each month."""
    series: dict[str, Sequence[int]] = {"value": [each.closing for each in months]}
    return draw_lines(series, len(months), least=_LEAST_EUROS, labels=_LABELS)


class Sparkline(msgspec.Struct, frozen=True):
    """`lines` end where the figure is not defined; `end` is the last month's dot, if it is."""

    lines: Sequence[Line]
    end: Dot | None
    width: int = _SPARK_WIDTH
    height: int = _SPARK_HEIGHT


def draw_sparkline(points: Sequence[TrendPoint]) -> Sparkline:
    """Between its own lowest and highest value: the shape, not the size."""
    known = [point.value for point in points if point.value is not None]
    lowest, highest = min(known, default=0), max(known, default=0)
    scale = Scale(lowest, max(highest, lowest + 1), _SPARK_EDGE, _SPARK_HEIGHT - _SPARK_EDGE)
    dots = [
        None
        if point.value is None
        else Dot(_spark_x(step, len(points)), scale.y(point.value), step, point.value)
        for step, point in enumerate(points)
    ]
    lines = [
        Line("value", [dot for dot in run if dot is not None])
        for is_known, run in groupby(dots, key=lambda dot: dot is not None)
        if is_known
    ]
    last = dots[-1] if dots else None
    return Sparkline(lines, last)


def _spark_x(step: int, steps: int) -> int:
    return _SPARK_EDGE + (_SPARK_WIDTH - 2 * _SPARK_EDGE) * step // max(steps - 1, 1)


class CohortCell(msgspec.Struct, frozen=True):
    """`level`: 0 for nothing left, up to 5 for everything; `rate`: basis points of the start."""

    x: int
    y: int
    level: int
    rate: int

    @property
    def percent(self) -> int:
        return (self.rate + 50) // 100


class CohortRow(msgspec.Struct, frozen=True):
    month: Month
    start: int
    y: int
    cells: Sequence[CohortCell]


class CohortChart(msgspec.Struct, frozen=True):
    """A line for each month of start, a column for each month since; `starts` is where the
    column of what each began with ends.
    """

    rows: Sequence[CohortRow]
    columns: Sequence[Tick]
    width: int
    height: int
    cell_width: int = _CELL_WIDTH
    cell_height: int = _CELL_HEIGHT
    starts: int = _NAMES - 10


def draw_cohorts(cohorts: Sequence[Cohort], counts: Sequence[Sequence[int]]) -> CohortChart:
    """`counts` are the customers or cents of each cohort, its own month first."""
    most = max((len(line) for line in counts), default=0)
    rows = [
        CohortRow(cohort.month, line[0] if line else 0, y, _draw_cells(line, y))
        for place, (cohort, line) in enumerate(zip(cohorts, counts, strict=True))
        for y in [_HEAD + place * _CELL_HEIGHT]
    ]
    columns = [Tick(_NAMES + step * _CELL_WIDTH + _CELL_WIDTH // 2, step) for step in range(most)]
    height = _HEAD + len(rows) * _CELL_HEIGHT
    return CohortChart(rows, columns, _NAMES + most * _CELL_WIDTH, height)


def _draw_cells(line: Sequence[int], y: int) -> list[CohortCell]:
    return [
        CohortCell(_NAMES + step * _CELL_WIDTH, y, _level_of(rate), rate)
        for step, value in enumerate(line)
        for rate in [rate_of(value, line[0])]
    ]


def rate_of(value: int, start: int) -> int:
    """In basis points, rounded half up; nothing of nothing is zero."""
    return (2 * value * WHOLE + start) // (2 * start) if start else 0


def _level_of(rate: int) -> int:
    return min(-(-rate * _LEVELS // WHOLE), _LEVELS)
