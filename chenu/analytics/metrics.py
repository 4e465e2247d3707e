"""Every metric as of a day."""

from collections.abc import Sequence
from datetime import date

from chenu.analytics.definitions import DEFINITIONS
from chenu.analytics.formulas import Sums, compute
from chenu.analytics.model import MetricValue, RevenueMetrics
from chenu.analytics.rows import sum_parts
from chenu.analytics.spans import span_of


async def get_metrics(on: date) -> RevenueMetrics:
    """As of the end of that day; flows are of its calendar month so far."""
    [metrics] = await list_metrics([on])
    return metrics


async def list_metrics(days: Sequence[date]) -> list[RevenueMetrics]:
    """One for each day, in their order."""
    sums = await sum_parts([span_of(day) for day in days])
    return [_make_metrics(day, each) for day, each in zip(days, sums, strict=True)]


def _make_metrics(on: date, sums: Sums) -> RevenueMetrics:
    return RevenueMetrics(
        on,
        {
            metric: MetricValue(metric, definition.unit, compute(metric, sums))
            for metric, definition in DEFINITIONS.items()
        },
    )
