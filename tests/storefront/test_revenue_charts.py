"""Drawings of revenue: pure, no engine needed."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chenu.analytics.model import Cohort, MonthMovements, MovementKind, TrendPoint
from chenu.core.money import Cents
from chenu.core.months import Month
from storefront.revenue_charts import (
    CohortChart,
    MovementChart,
    draw_cohorts,
    draw_movements,
    draw_mrr,
    draw_sparkline,
    rate_of,
)

NOVEMBER = Month(2026, 11)
QUIET = MonthMovements(NOVEMBER, *(Cents(0) for _ in range(7)), *(0 for _ in range(5)))
_AMOUNTS = st.integers(0, 10**10)


def months_back(count: int) -> list[Month]:
    """Up to November 2026, the oldest first."""
    found = [NOVEMBER]
    while len(found) < count:
        found.append(found[-1].previous())
    return found[::-1]


def _heights(chart: MovementChart) -> dict[MovementKind, int]:
    return {block.kind: block.height for block in chart.blocks}


def test_what_came_in_stands_above_the_line_and_what_was_lost_hangs_below() -> None:
    moved = msgspec.structs.replace(
        QUIET,
        new=Cents(4000),
        reactivation=Cents(2000),
        expansion=Cents(1000),
        contraction=Cents(500),
        churn=Cents(3000),
    )

    chart = draw_movements([moved])

    up, down = chart.blocks[:3], chart.blocks[3:]
    assert [block.kind for block in chart.blocks] == list(MovementKind)
    assert all(block.y + block.height <= chart.zero for block in up)
    assert all(block.y >= chart.zero for block in down)
    assert up[0].y + up[0].height == chart.zero == down[0].y
    assert up[1].y + up[1].height == up[0].y


def test_parts_without_an_amount_have_no_block_and_small_ones_are_seen() -> None:
    moved = msgspec.structs.replace(QUIET, new=Cents(10**9), churn=Cents(1))

    assert set(_heights(draw_movements([moved]))) == {MovementKind.NEW, MovementKind.CHURN}
    assert _heights(draw_movements([moved]))[MovementKind.CHURN] == 1
    assert draw_movements([QUIET]).blocks == draw_movements([]).blocks == []


@given(st.lists(st.tuples(*[_AMOUNTS] * 5), min_size=1, max_size=24))
def test_movements_stay_on_their_drawing(amounts: list[tuple[int, ...]]) -> None:
    names = ("new", "reactivation", "expansion", "contraction", "churn")
    months = [
        msgspec.structs.replace(
            QUIET, month=month, **dict(zip(names, map(Cents, each), strict=True))
        )
        for month, each in zip(months_back(len(amounts)), amounts, strict=True)
    ]

    chart = draw_movements(months)

    for block in chart.blocks:
        assert chart.left <= block.x
        assert block.x + block.width <= chart.right
        assert 0 <= block.y <= block.y + block.height <= chart.height
    assert len(chart.steps) <= 12
    assert sum(block.value for block in chart.blocks) == sum(map(sum, amounts))


def test_the_line_follows_the_closing_mrr() -> None:
    months = [
        msgspec.structs.replace(QUIET, closing=Cents(value)) for value in (0, 50_000, 100_000)
    ]

    [line] = draw_mrr(months).lines

    assert [dot.value for dot in line.dots] == [0, 50_000, 100_000]
    assert line.dots[0].y > line.dots[1].y > line.dots[2].y


def test_a_trend_has_a_gap_where_the_figure_is_not_defined() -> None:
    values = [None, 3, 5, None, 4]
    points = [TrendPoint(month, value) for month, value in zip(months_back(5), values, strict=True)]

    drawn = draw_sparkline(points)

    assert [[dot.value for dot in line.dots] for line in drawn.lines] == [[3, 5], [4]]
    assert drawn.end is not None
    assert drawn.end.value == 4
    assert draw_sparkline(points[:4]).end is None
    assert draw_sparkline([]).lines == []


@given(st.lists(st.none() | st.integers(-(10**9), 10**12), max_size=24))
def test_trends_stay_on_their_drawing(values: list[int | None]) -> None:
    months = months_back(max(len(values), 1))
    points = [TrendPoint(month, value) for month, value in zip(months, values, strict=False)]

    drawn = draw_sparkline(points)

    dots = [dot for line in drawn.lines for dot in line.dots]
    assert [dot.value for dot in dots] == [value for value in values if value is not None]
    assert all(0 < dot.x < drawn.width and 0 < dot.y < drawn.height for dot in dots)


def _grid(*lines: tuple[int, ...]) -> CohortChart:
    cohorts = [Cohort(month, (), ()) for month in months_back(len(lines))]
    return draw_cohorts(cohorts, lines)


def test_cohorts_are_shown_in_per_cent_of_their_start() -> None:
    chart = _grid((8, 4, 1), (3, 3), (5,))

    assert [[cell.rate for cell in row.cells] for row in chart.rows] == [
        [10_000, 5000, 1250],
        [10_000, 10_000],
        [10_000],
    ]
    assert [cell.level for cell in chart.rows[0].cells] == [5, 3, 1]
    assert [tick.value for tick in chart.columns] == [0, 1, 2]
    assert chart.rows[-1].y + chart.cell_height == chart.height


def test_a_cohort_that_grew_is_more_than_whole_and_one_that_left_is_nothing() -> None:
    chart = _grid((900, 2900, 0))

    assert [(cell.rate, cell.level) for cell in chart.rows[0].cells] == [
        (10_000, 5),
        (32_222, 5),
        (0, 0),
    ]


def test_rates_are_rounded_half_up_and_never_divided_by_zero() -> None:
    assert [rate_of(1, 3), rate_of(2, 3), rate_of(1, 0), rate_of(1, 20_000)] == [3333, 6667, 0, 1]
