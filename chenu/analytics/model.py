"""What the revenue pages and the API show. Definitions: docs/analytics.md."""

from datetime import date
from enum import StrEnum

import msgspec

from chenu.core.money import Cents
from chenu.core.months import Month


class MovementKind(StrEnum):
    """Of an account: its first MRR, MRR after none, more, less, none any more."""

    NEW = "NEW"
    REACTIVATION = "REACTIVATION"
    EXPANSION = "EXPANSION"
    CONTRACTION = "CONTRACTION"
    CHURN = "CHURN"


class MonthMovements(msgspec.Struct, frozen=True):
    """opening + new + reactivation + expansion - contraction - churn = closing, to the cent.

    Amounts in cents, none below zero; `..._customers` count accounts.
    """

    month: Month
    opening: Cents
    new: Cents
    reactivation: Cents
    expansion: Cents
    contraction: Cents
    churn: Cents
    closing: Cents
    opening_customers: int
    new_customers: int
    reactivated_customers: int
    churned_customers: int
    closing_customers: int


class RevenueTotals(msgspec.Struct, frozen=True):
    """At a moment: MRR net and gross of discounts, accounts with net MRR, trials that run."""

    mrr: Cents
    gross: Cents
    customers: int
    trialing: int


class MonthTrials(msgspec.Struct, frozen=True):
    """Trials of tiers that started, became paid or ended unpaid in the month."""

    month: Month
    started: int
    converted: int
    lapsed: int


class Cohort(msgspec.Struct, frozen=True):
    """The accounts whose first MRR was in `month`: a cell for each month since, itself first."""

    month: Month
    customers: tuple[int, ...]
    mrr: tuple[Cents, ...]


class TrendPoint(msgspec.Struct, frozen=True):
    """A month's value of a metric, in its unit; None: not defined."""

    month: Month
    value: int | None


class Unit(StrEnum):
    """How a value is written: CENTS of euro, a COUNT, BASIS_POINTS, a RATIO in hundredths."""

    CENTS = "CENTS"
    COUNT = "COUNT"
    BASIS_POINTS = "BASIS_POINTS"
    RATIO = "RATIO"


class Metric(StrEnum):
    """A figure of the revenue page. Its rows and its definition are asked for by it."""

    MRR = "MRR"
    MRR_GROSS = "MRR_GROSS"
    ARR = "ARR"
    ARPU = "ARPU"
    CHURN = "CHURN"
    REVENUE_CHURN = "REVENUE_CHURN"
    LTV = "LTV"
    CAC = "CAC"
    LTV_CAC = "LTV_CAC"
    EXPANSION = "EXPANSION"
    NET_REVENUE_RETENTION = "NET_REVENUE_RETENTION"
    PAYING = "PAYING"
    TRIALING = "TRIALING"
    TRIALS_STARTED = "TRIALS_STARTED"
    TRIALS_CONVERTED = "TRIALS_CONVERTED"
    FREE_TO_PAID = "FREE_TO_PAID"
    FREE_TO_STARTER = "FREE_TO_STARTER"
    STARTER_TO_PRO = "STARTER_TO_PRO"
    PRO_TO_BUSINESS = "PRO_TO_BUSINESS"
    BUSINESS_TO_ENTERPRISE = "BUSINESS_TO_ENTERPRISE"
    GMV = "GMV"
    TAKE = "TAKE"
    API_REVENUE = "API_REVENUE"
    TOKEN_REVENUE = "TOKEN_REVENUE"  # noqa: S105 - no password
    AFFILIATE_CONVERSIONS = "AFFILIATE_CONVERSIONS"
    PAYMENT_RECOVERY = "PAYMENT_RECOVERY"
    ROI_SEEN = "ROI_SEEN"
    INVOICING_AUTOMATED = "INVOICING_AUTOMATED"


class MetricValue(msgspec.Struct, frozen=True):
    """`value` in whole `unit`s (cents, accounts, basis points, hundredths); None: not defined."""

    metric: Metric
    unit: Unit
    value: int | None


class RevenueMetrics(msgspec.Struct, frozen=True):
    """Every metric as of the end of the day `on`; flows are of its calendar month so far."""

    on: date
    values: dict[Metric, MetricValue]

    def __getitem__(self, metric: Metric) -> int | None:
        return self.values[metric].value


class TargetCheck(msgspec.Struct, frozen=True):
    """`target` and `actual` in `unit`; `at_most`: the target is a ceiling, as of churn.

    `is_strict`: the target itself is not enough. `aim` is what comes after the target.
    """

    metric: Metric
    unit: Unit
    target: int
    actual: int | None
    at_most: bool
    is_strict: bool = False
    aim: int | None = None

    @property
    def met(self) -> bool:
        if self.actual is None:
            return False
        if self.actual == self.target:
            return not self.is_strict
        return (self.actual < self.target) is self.at_most

    @property
    def gap(self) -> int | None:
        """How much is missing, in `unit`; zero or less when it is met, or zero short of strict."""
        if self.actual is None:
            return None
        return self.actual - self.target if self.at_most else self.target - self.actual
