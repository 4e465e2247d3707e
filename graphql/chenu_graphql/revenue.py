"""Revenue of the whole business, for finance: metrics, movements of MRR, targets, costs."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import date
from typing import Annotated, Any

import strawberry

from chenu.accounts.replica_reads import replica_reads
from chenu.analytics.costs import CostInput, record_cost
from chenu.analytics.definitions import DEFINITIONS
from chenu.analytics.formulas import HUNDREDTHS
from chenu.analytics.metrics import get_metrics
from chenu.analytics.model import Metric, MonthMovements, Unit
from chenu.analytics.model import RevenueMetrics as Metrics
from chenu.analytics.model import TargetCheck as Check
from chenu.analytics.rollup import list_month_movements
from chenu.analytics.targets import TARGETS, list_target_checks
from chenu.analytics.words import show_target, show_value
from chenu.core.clock import business_now
from chenu.core.errors import BadInput
from chenu.core.i18n import mark, translate
from chenu.core.money import WHOLE
from chenu.core.months import Month
from chenu.core.staleness import ReadKind
from chenu_graphql.context import Info
from chenu_graphql.errors import UserError
from chenu_graphql.fields import Weight, argument, field, input_argument, input_field
from chenu_graphql.money import Money
from chenu_graphql.payloads import Payload, user_errors
from chenu_graphql.permissions import PARENT
from chenu_graphql.scalars import BigInt

MOST_MONTHS = 60
MOVEMENTS_WEIGHT = Weight(points=10, size=MOST_MONTHS)
METRICS_WEIGHT = Weight(points=20)
TARGETS_WEIGHT = Weight(points=20, size=len(TARGETS))
_FIRST_DAY = date(2000, 1, 1)

_Source = strawberry.Parent[Metrics]


def _value(metric: Metric) -> Callable[[_Source], Any]:
    """Cents or a count, whole as it is."""

    def read(root: _Source) -> int | None:
        return root[metric]

    return read


def _share(metric: Metric, whole: int) -> Callable[[_Source], float | None]:
    def read(root: _Source) -> float | None:
        value = root[metric]
        return None if value is None else value / whole

    return read


@strawberry.type(description="How a metric is computed, in the caller's language.")
class MetricDefinition:
    metric: str = field("A code, such as MRR.", PARENT)
    formula: str = field("In words.", PARENT)


def _definitions(root: _Source, info: Info) -> list[MetricDefinition]:
    locale = info.context.locale
    return [
        MetricDefinition(metric=metric.value, formula=translate(locale, definition.formula))
        for metric, definition in DEFINITIONS.items()
    ]


def _metric_field(description: str, metric: Metric) -> Any:
    return field(description, PARENT, _value(metric))


def _rate_field(description: str, metric: Metric, whole: int = WHOLE) -> Any:
    return field(description, PARENT, _share(metric, whole))


@strawberry.type(
    description="As of the end of a day, UTC; what happens over time is of its month so far."
)
class RevenueMetrics:
    on: date = field("Which day.", PARENT)
    mrr: Money = _metric_field("MRR of plans and contracts, net of VAT and discounts.", Metric.MRR)
    arr: Money = _metric_field("Twelve times the MRR.", Metric.ARR)
    arpu: Money | None = _metric_field(
        "MRR for each paying customer; null without any.", Metric.ARPU
    )
    ltv: Money | None = _metric_field("ARPU by churn; null at zero churn.", Metric.LTV)
    cac: Money | None = _metric_field(
        "Costs of acquisition for each new paying customer; null without any.", Metric.CAC
    )
    ltv_cac_ratio: float | None = _rate_field(
        "To two decimals; null where either is not defined.", Metric.LTV_CAC, HUNDREDTHS
    )
    churn_rate: float | None = _rate_field(
        "Of the customers when the month began; 0.05 is 5 %. null without any.", Metric.CHURN
    )
    revenue_churn_rate: float | None = _rate_field(
        "MRR lost by contraction and churn, of that when the month began.", Metric.REVENUE_CHURN
    )
    expansion_mrr: Money = _metric_field(
        "MRR that paying customers added in the month.", Metric.EXPANSION
    )
    net_revenue_retention: float | None = _rate_field(
        "What the MRR when the month began has become; 1.1 is 110 %.",
        Metric.NET_REVENUE_RETENTION,
    )
    paying_customers: int = _metric_field("Accounts with an MRR above zero.", Metric.PAYING)
    trialing: int = _metric_field("Running trials of tiers.", Metric.TRIALING)
    free_to_paid_rate: float | None = _rate_field(
        "Accounts that have ever paid for a plan, of all that signed up.", Metric.FREE_TO_PAID
    )
    marketplace_gmv: Money = _metric_field(
        "Sales of agents in the month without VAT, refunds off.", Metric.GMV
    )
    marketplace_take: Money = _metric_field("Our share of it.", Metric.TAKE)
    api_revenue: Money = _metric_field(
        "Paid API plans in the month without VAT, refunds off.", Metric.API_REVENUE
    )
    affiliate_conversions: int = _metric_field(
        "Customers of affiliates who first paid in the month.", Metric.AFFILIATE_CONVERSIONS
    )
    definitions: list[MetricDefinition] = field(
        "How each metric is computed, also those that only the pages show.",
        PARENT,
        _definitions,
        weight=Weight(size=len(DEFINITIONS)),
    )


def _first_day(root: strawberry.Parent[MonthMovements]) -> date:
    return root.month.first_day


@strawberry.type(
    description=(
        "opening + new + reactivation + expansion - contraction - churn = closing, every month."
    )
)
class MrrMovement:
    month: date = field("Its first day.", PARENT, _first_day)
    opening: Money = field("MRR when it began.", PARENT)
    new: Money = field("Of accounts that never had any before.", PARENT)
    reactivation: Money = field("Of accounts that had some before, and none since.", PARENT)
    expansion: Money = field("More of accounts that had some.", PARENT)
    contraction: Money = field("Less of accounts that still have some.", PARENT)
    churn: Money = field("Of accounts that have none any more.", PARENT)
    closing: Money = field("MRR when it ended, or now.", PARENT)


_Check = strawberry.Parent[Check]


def _float(check: Check, value: int | None) -> float | None:
    if value is None:
        return None
    return value / HUNDREDTHS if check.unit is Unit.RATIO else float(value)


def _target_value(root: _Check) -> float | None:
    return _float(root, root.target)


def _actual_value(root: _Check) -> float | None:
    return _float(root, root.actual)


def _target(root: _Check, info: Info) -> str:
    return show_target(root, info.context.locale)


def _actual(root: _Check, info: Info) -> str:
    return show_value(root.unit, root.actual, info.context.locale)


@strawberry.type(description="A target of the plan beside what is.")
class TargetCheck:
    metric: str = field("A code, such as MRR.", PARENT)
    unit: str = field(
        "Of both values: CENTS, COUNT, BASIS_POINTS (500 is 5 %) or RATIO (3 is three to one).",
        PARENT,
    )
    target_value: float = field("What is wanted.", PARENT, _target_value)
    actual_value: float | None = field("What is; null where undefined.", PARENT, _actual_value)
    target: str = field("For people, with its sign: '< 5 %'.", PARENT, _target)
    actual: str = field("For people.", PARENT, _actual)
    met: bool = field("Whether the target is reached; false where undefined.", PARENT)


OnArgument = Annotated[date | None, argument("A day since 2000, UTC; without it today.")]
FromArgument = Annotated[date, argument("Any day of the first month.", name="from")]
ToArgument = Annotated[date, argument("Any day of the last month; five years at most.", name="to")]


async def resolve_revenue(info: Info, on: OnArgument = None) -> Metrics:
    day = on or business_now().date()
    _check_day(day, "on")
    info.context.reading.record_staff_read("revenue", "metrics")
    async with _reads(info):
        return await get_metrics(day)


def _reads(info: Info) -> AbstractAsyncContextManager[None]:
    writes = info.context.services.recent_writes
    return replica_reads(info.context.actor, writes, ReadKind.FIGURES)


def _check_day(day: date, name: str) -> None:
    if not _FIRST_DAY <= day <= business_now().date():
        raise BadInput(mark("Please name a day from 2000 until today"), path=(name,))


async def resolve_movements(
    info: Info, start: FromArgument, end: ToArgument
) -> list[MonthMovements]:
    _check_day(start, "from")
    _check_day(end, "to")
    first, last = _month_of(start), _month_of(end)
    if first > last:
        raise BadInput(mark("The first month is after the last"), path=("from",))
    if (last.year - first.year) * 12 + last.month - first.month >= MOST_MONTHS:
        raise BadInput(mark("At most {count} months"), path=("from",), count=MOST_MONTHS)
    info.context.reading.record_staff_read("revenue", "movements")
    async with _reads(info):
        return await list_month_movements(first, last)


def _month_of(day: date) -> Month:
    return Month(day.year, day.month)


async def resolve_targets(info: Info) -> list[Check]:
    info.context.reading.record_staff_read("revenue", "targets")
    async with _reads(info):
        return await list_target_checks(business_now().date())


@strawberry.input(description="Replaces the value of the same month and channel.")
class AcquisitionCostInput:
    month: date = input_field("Any day of the month, which has begun.")
    channel: str = input_field("Such as search or fairs, up to 60 characters; case is ignored.")
    amount_minor: BigInt = input_field("In cents, without VAT; 0 takes the value back.")
    reason: str | None = input_field("Why, for the audit trail.", default=None)


@strawberry.type(description="The metrics of today as they are afterwards.")
class AcquisitionCostPayload:
    revenue: RevenueMetrics | None = field("null where it was refused.", PARENT)
    user_errors: list[UserError] = user_errors()


async def resolve_cost_record(
    info: Info, data: Annotated[AcquisitionCostInput, input_argument()]
) -> Payload:
    cost = CostInput(_month_of(data.month), data.channel, data.amount_minor)
    await record_cost(info.context.actor, cost, data.reason)
    return Payload(revenue=await get_metrics(business_now().date()))
