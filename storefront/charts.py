"""The geometry of drawn charts, in whole units of the drawing: scales, ticks and lines."""

from collections.abc import Iterable, Sequence

import msgspec

WIDTH = 720
HEIGHT = 260
LEFT = 72
RIGHT = 30
TOP = 14
BOTTOM = 34
_MOST_TICKS = 4
MOST_LABELS = 12
_ROUND = (1, 2, 5)


class Scale(msgspec.Struct, frozen=True):
    """Maps values from `lowest` to `highest` to heights from `bottom` up to `top`."""

    lowest: int
    highest: int
    top: int
    bottom: int

    def y(self, value: int) -> int:
        inside = max(self.lowest, min(value, self.highest))
        height = self.bottom - self.top
        return self.bottom - (inside - self.lowest) * height // (self.highest - self.lowest)


class Tick(msgspec.Struct, frozen=True):
    """A labelled place on an axis; `value` is the amount, or the number of the step."""

    place: int
    value: int


class Dot(msgspec.Struct, frozen=True):
    x: int
    y: int
    step: int
    value: int


class Line(msgspec.Struct, frozen=True):
    """`points` is what a polyline is drawn through."""

    name: str
    dots: Sequence[Dot]

    @property
    def points(self) -> str:
        return " ".join(f"{dot.x},{dot.y}" for dot in self.dots)


class LineChart(msgspec.Struct, frozen=True):
    """`zero` is the height of the axis."""

    lines: Sequence[Line]
    values: Sequence[Tick]
    steps: Sequence[Tick]
    zero: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT


class Axis(msgspec.Struct, frozen=True):
    """From at most the lowest to at least the highest of the values, and zero in any case."""

    scale: Scale
    values: Sequence[Tick]


def draw_axis(every: Iterable[int], *, least: int) -> Axis:
    """`least` is the smallest distance of two labels of values."""
    drawn = list(every)
    highest, lowest = max([*drawn, least]), min([*drawn, 0])
    distance = _round_distance(highest - lowest, least)
    bounds = (lowest // distance * distance, -(-highest // distance) * distance)
    scale = Scale(*bounds, TOP, HEIGHT - BOTTOM)
    values = [Tick(scale.y(value), value) for value in range(bounds[0], bounds[1] + 1, distance)]
    return Axis(scale, values)


def draw_lines(
    series: dict[str, Sequence[int]], steps: int, *, least: int, labels: int = MOST_LABELS
) -> LineChart:
    """A line for each name; one with fewer values than there are steps ends early.

    `labels` is how many steps may have one.
    """
    axis = draw_axis((value for values in series.values() for value in values), least=least)
    lines = [
        Line(
            name,
            [Dot(_x(step, steps), axis.scale.y(value), step, value) for step, value in _each(line)],
        )
        for name, line in series.items()
    ]
    ticks = [Tick(_x(step, steps), step) for step in list_labelled(steps, labels)]
    return LineChart(lines, axis.values, ticks, axis.scale.y(0))


def _each(values: Sequence[int]) -> list[tuple[int, int]]:
    return list(enumerate(values))


def _x(step: int, steps: int) -> int:
    return LEFT + (WIDTH - LEFT - RIGHT) * step // max(steps - 1, 1)


def list_labelled(steps: int, labels: int) -> range:
    """Every one, or every so many that the labels do not touch."""
    return range(0, steps, -(-steps // labels) or 1)


def _round_distance(span: int, least: int) -> int:
    """The smallest round one with which few labels cover the span."""
    power = least
    while True:
        for factor in _ROUND:
            if power * factor * _MOST_TICKS >= span:
                return power * factor
        power *= 10
