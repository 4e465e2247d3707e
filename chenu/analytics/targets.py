"""The plan's targets as data, and how far the actuals are from them."""

from collections.abc import Mapping
from datetime import date

import msgspec

from chenu.analytics.definitions import DEFINITIONS
from chenu.analytics.metrics import get_metrics
from chenu.analytics.model import Metric, RevenueMetrics, TargetCheck


class Target(msgspec.Struct, frozen=True):
    """`value` in the metric's unit. `at_most`: a ceiling. `is_strict`: more, or less, than it."""

    value: int
    at_most: bool = False
    is_strict: bool = False
    aim: int | None = None


CHECKLIST: Mapping[Metric, Target] = {
    Metric.MRR: Target(5_000_000),
    Metric.PAYING: Target(1_000),
    Metric.FREE_TO_PAID: Target(1_000, is_strict=True),
    Metric.CHURN: Target(500, at_most=True, is_strict=True),
    Metric.LTV_CAC: Target(300, is_strict=True, aim=500),
    Metric.GMV: Target(500_000),
    Metric.API_REVENUE: Target(1_000_000),
    Metric.AFFILIATE_CONVERSIONS: Target(100),
    Metric.ROI_SEEN: Target(10_000),
    Metric.INVOICING_AUTOMATED: Target(10_000),
}
"""The ten rows of the plan's validation checklist."""

FUNNEL: Mapping[Metric, Target] = {
    Metric.FREE_TO_STARTER: Target(1_500),
    Metric.STARTER_TO_PRO: Target(2_500),
    Metric.PRO_TO_BUSINESS: Target(1_000),
    Metric.BUSINESS_TO_ENTERPRISE: Target(500),
}

UNIT_ECONOMICS: Mapping[Metric, Target] = {
    Metric.ARPU: Target(5_000),
    Metric.LTV: Target(150_000),
    Metric.CAC: Target(30_000, at_most=True),
}

TARGETS: Mapping[Metric, Target] = {**CHECKLIST, **UNIT_ECONOMICS, **FUNNEL}


async def list_target_checks(on: date) -> list[TargetCheck]:
    """The checklist first, as of the end of that day."""
    return check_targets(await get_metrics(on))


def check_targets(metrics: RevenueMetrics) -> list[TargetCheck]:
    return [
        TargetCheck(
            metric,
            DEFINITIONS[metric].unit,
            target.value,
            metrics[metric],
            target.at_most,
            target.is_strict,
            target.aim,
        )
        for metric, target in TARGETS.items()
    ]
