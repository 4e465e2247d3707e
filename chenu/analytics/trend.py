"""How metrics went, month by month."""

from collections.abc import Mapping, Sequence

from chenu.analytics.metrics import list_metrics
from chenu.analytics.model import Metric, TrendPoint
from chenu.analytics.spans import last_months
from chenu.core.clock import business_now
from chenu.core.months import Month

Trend = Sequence[TrendPoint]


async def list_trend(metric: Metric, last_month: Month, months: int) -> Trend:
    """Its value at each month's end, the oldest month first; the present month's is as of today."""
    return (await list_trends(last_month, months))[metric]


async def list_trends(last_month: Month, months: int) -> Mapping[Metric, Trend]:
    """Of every metric, at the cost of one."""
    of_months = last_months(last_month, months)
    today = business_now().date()
    found = await list_metrics([min(month.last_day, today) for month in of_months])
    return {
        metric: [
            TrendPoint(month, metrics[metric])
            for month, metrics in zip(of_months, found, strict=True)
        ]
        for metric in Metric
    }
