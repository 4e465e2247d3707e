"""Metrics over facts that are written here, with the arithmetic beside them."""

from datetime import date

from chenu.analytics.metrics import get_metrics
from chenu.analytics.model import Metric
from chenu.analytics.parts import METRIC_PARTS, Part
from chenu.analytics.rows import list_rows
from chenu.core.paging import PageRequest
from chenu.flows.services import Services

DAY = date(2026, 3, 31)


async def test_without_facts_every_sum_is_zero_and_every_rate_undefined(
    services: Services,
) -> None:
    metrics = await get_metrics(DAY)

    assert {metrics[metric] for metric in Metric} == {0, None}
    for metric, parts in METRIC_PARTS.items():
        assert (metrics[metric] is None) == (len(parts) > 1)


async def test_each_part_is_listed(services: Services) -> None:
    pages = [await list_rows(part, DAY, PageRequest(10)) for part in Part]

    assert not any(page.rows for page in pages)
