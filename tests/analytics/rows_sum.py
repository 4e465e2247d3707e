"""That the rows behind each metric add up to it."""

from datetime import date

from chenu.analytics.formulas import compute
from chenu.analytics.model import Metric, RevenueMetrics
from chenu.analytics.parts import Part
from chenu.analytics.rows import MetricRow, count_rows, list_rows, row_key
from chenu.core.paging import PageRequest


async def read_all(part: Part, on: date, *, size: int = 2) -> list[MetricRow]:
    """Page by page."""
    page = await list_rows(part, on, PageRequest(size))
    rows = list(page.rows)
    while page.has_next:
        page = await list_rows(part, on, PageRequest(size, row_key(rows[-1])))
        rows += page.rows
    return rows


async def require_rows_give(metrics: RevenueMetrics, *, size: int = 2) -> None:
    """Each part is read in pages of `size` rows, none of which is missed or comes twice."""
    rows = {part: await read_all(part, metrics.on, size=size) for part in Part}
    sums = {part: sum(row.amount for row in found) for part, found in rows.items()}

    assert {metric: compute(metric, sums) for metric in Metric} == {
        metric: metrics[metric] for metric in Metric
    }
    assert {part: await count_rows(part, metrics.on) for part in Part} == {
        part: len({(row.at, row.id) for row in found}) for part, found in rows.items()
    }
    for found in rows.values():
        assert [row.at for row in found] == sorted((row.at for row in found), reverse=True)
