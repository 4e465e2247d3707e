"""Revenue as its page shows it: figures with trend and target, movements, cohorts, checklist."""

from collections.abc import Mapping, Sequence

import msgspec

from chenu.analytics.definitions import DEFINITIONS
from chenu.analytics.model import (
    Cohort,
    Metric,
    MonthMovements,
    RevenueMetrics,
    TargetCheck,
    TrendPoint,
    Unit,
)
from chenu.analytics.targets import CHECKLIST, FUNNEL
from chenu.analytics.words import show_value
from chenu.core.i18n import Locale, translate
from chenu.core.months import Month
from storefront.charts import LineChart
from storefront.revenue_charts import (
    CohortChart,
    MovementChart,
    Sparkline,
    draw_cohorts,
    draw_movements,
    draw_mrr,
    draw_sparkline,
)
from storefront.revenue_period import RevenuePeriod
from storefront.revenue_words import (
    GROUPS,
    name_month,
    show_change,
    show_goal,
)


class RevenueData(msgspec.Struct, frozen=True):
    """What the page is made of: everything of the months of one period."""

    metrics: RevenueMetrics
    trends: Mapping[Metric, Sequence[TrendPoint]]
    movements: Sequence[MonthMovements]
    cohorts: Sequence[Cohort]
    targets: Sequence[TargetCheck]


class TargetLine(msgspec.Struct, frozen=True):
    """All as written; `gap` is what is missing, None where it is met or not defined."""

    metric: Metric
    name: str
    formula: str
    target: str
    actual: str
    gap: str | None
    at_most: bool
    met: bool
    is_known: bool


class Figure(msgspec.Struct, frozen=True):
    """`change` is against the month before, None where either is not defined."""

    metric: Metric
    name: str
    value: str
    change: str | None
    trend: Sparkline
    by_month: Sequence[str]
    formula: str
    target: TargetLine | None


class FigureGroup(msgspec.Struct, frozen=True):
    name: str
    figures: Sequence[Figure]


class RevenueView(msgspec.Struct, frozen=True):
    """`labels` name the months; each figure's `by_month` has their order."""

    period: RevenuePeriod
    labels: Sequence[str]
    groups: Sequence[FigureGroup]
    mrr_name: str
    movements: Sequence[MonthMovements]
    movement_chart: MovementChart
    mrr_chart: LineChart
    cohorts: Sequence[Cohort]
    cohort_labels: Mapping[Month, str]
    customer_cohorts: CohortChart
    revenue_cohorts: CohortChart
    checklist: Sequence[TargetLine]
    funnel: Sequence[TargetLine]

    @property
    def months(self) -> Sequence[Month]:
        return self.period.months

    @property
    def reached(self) -> int:
        """How many points of the checklist."""
        return sum(line.met for line in self.checklist)

    @property
    def is_empty(self) -> bool:
        """Nobody has paid regularly until the end of this period."""
        return not any(each.opening or each.closing or each.new for each in self.movements)


def make_view(data: RevenueData, period: RevenuePeriod, locale: Locale) -> RevenueView:
    targets = {each.metric: _describe_target(each, locale) for each in data.targets}
    return RevenueView(
        period=period,
        labels=[name_month(month, locale) for month in period.months],
        groups=[
            FigureGroup(name, [_describe(data, each, targets, locale) for each in metrics])
            for name, metrics in GROUPS.items()
        ],
        mrr_name=translate(locale, DEFINITIONS[Metric.MRR].title),
        movements=data.movements,
        movement_chart=draw_movements(data.movements),
        mrr_chart=draw_mrr(data.movements),
        cohorts=data.cohorts,
        cohort_labels={each.month: name_month(each.month, locale) for each in data.cohorts},
        customer_cohorts=draw_cohorts(data.cohorts, [each.customers for each in data.cohorts]),
        revenue_cohorts=draw_cohorts(data.cohorts, [each.mrr for each in data.cohorts]),
        checklist=[targets[metric] for metric in CHECKLIST],
        funnel=[targets[metric] for metric in FUNNEL],
    )


def _describe(
    data: RevenueData, metric: Metric, targets: Mapping[Metric, TargetLine], locale: Locale
) -> Figure:
    found, points = data.metrics.values[metric], data.trends[metric]
    return Figure(
        metric=metric,
        name=translate(locale, DEFINITIONS[metric].title),
        value=show_value(found.unit, found.value, locale),
        change=_show_last_change(found.unit, points, locale),
        trend=draw_sparkline(points),
        by_month=[show_value(found.unit, point.value, locale) for point in points],
        formula=translate(locale, DEFINITIONS[metric].formula),
        target=targets.get(metric),
    )


def _show_last_change(unit: Unit, points: Sequence[TrendPoint], locale: Locale) -> str | None:
    values = [point.value for point in points[-2:]]
    if len(values) < 2 or values[0] is None or values[1] is None:
        return None
    return show_change(unit, values[1] - values[0], locale)


def _describe_target(check: TargetCheck, locale: Locale) -> TargetLine:
    gap = check.gap
    return TargetLine(
        metric=check.metric,
        name=translate(locale, DEFINITIONS[check.metric].title),
        formula=translate(locale, DEFINITIONS[check.metric].formula),
        target=show_goal(check, locale),
        actual=show_value(check.unit, check.actual, locale),
        gap=None if gap is None or check.met else show_value(check.unit, gap, locale),
        at_most=check.at_most,
        met=check.met,
        is_known=check.actual is not None,
    )
