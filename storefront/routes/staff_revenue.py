"""Revenue for finance: figures against their targets, and what moves them, by month."""

from litestar import get
from litestar.di import NamedDependency

from chenu.accounts.audit import StaffRead, record_staff_reads
from chenu.accounts.replica_reads import replica_reads
from chenu.analytics.definitions import DEFINITIONS
from chenu.analytics.model import Metric, MetricValue, RevenueMetrics
from chenu.analytics.rollup import list_cohorts, list_month_movements
from chenu.analytics.targets import check_targets
from chenu.analytics.trend import list_trends
from chenu.core.staleness import ReadKind
from chenu.flows.services import Services
from storefront import revenue_words
from storefront.access import FINANCE
from storefront.forms import HttpRequest, read_query
from storefront.pages import Page, Pages
from storefront.revenue_period import LENGTHS, PATH, RevenuePeriod, read_period
from storefront.revenue_view import RevenueData, make_view


@get(PATH, opt=FINANCE)
async def show_revenue(
    request: HttpRequest, pages: NamedDependency[Pages], services: NamedDependency[Services]
) -> Page:
    period = read_period(read_query(request))
    async with replica_reads(pages.request_context.actor, services.recent_writes, ReadKind.FIGURES):
        data = await _read(period)
    page = pages.show(
        "staff/_revenue.html" if pages.is_fragment else "staff/revenue.html",
        view=make_view(data, period, pages.locale),
        lengths=LENGTHS,
        revenue_words=revenue_words,
    )
    if pages.is_fragment:
        page.headers["HX-Push-Url"] = period.url()
    reads = [StaffRead("revenue", f"{period.first} {period.last}")]
    await record_staff_reads(pages.request_context.actor, reads)
    return page


async def _read(period: RevenuePeriod) -> RevenueData:
    """A fixed number of statements, however many months; a trend ends with the figures."""
    trends = await list_trends(period.last, period.length)
    values = {
        metric: MetricValue(metric, DEFINITIONS[metric].unit, trends[metric][-1].value)
        for metric in Metric
    }
    metrics = RevenueMetrics(period.day, values)
    return RevenueData(
        metrics=metrics,
        trends=trends,
        movements=await list_month_movements(period.first, period.last),
        cohorts=[
            each for each in await list_cohorts(period.last, period.length) if any(each.customers)
        ],
        targets=check_targets(metrics),
    )
