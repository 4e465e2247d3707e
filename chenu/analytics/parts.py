"""What metrics are made of: sums of rows, each of which can be shown."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from chenu.analytics.model import Metric, Unit
from chenu.core.i18n import mark


class Part(StrEnum):
    """A sum of rows; a metric is computed of one or more of them."""

    MRR = "MRR"
    MRR_GROSS = "MRR_GROSS"
    PAYING = "PAYING"
    OPENING_MRR = "OPENING_MRR"
    OPENING_CUSTOMERS = "OPENING_CUSTOMERS"
    NEW_CUSTOMERS = "NEW_CUSTOMERS"
    CHURNED_CUSTOMERS = "CHURNED_CUSTOMERS"
    EXPANSION = "EXPANSION"
    LOST_MRR = "LOST_MRR"
    COSTS = "COSTS"
    TRIALING = "TRIALING"
    TRIALS_STARTED = "TRIALS_STARTED"
    TRIALS_CONVERTED = "TRIALS_CONVERTED"
    SIGN_UPS = "SIGN_UPS"
    EVER_PAYING = "EVER_PAYING"
    REACHED_STARTER = "REACHED_STARTER"
    REACHED_PRO = "REACHED_PRO"
    REACHED_BUSINESS = "REACHED_BUSINESS"
    REACHED_ENTERPRISE = "REACHED_ENTERPRISE"
    SALES = "SALES"
    TAKE = "TAKE"
    API_REVENUE = "API_REVENUE"
    TOKEN_REVENUE = "TOKEN_REVENUE"  # noqa: S105 - what packs brought in
    CONVERSIONS = "CONVERSIONS"
    FAILURES_DECIDED = "FAILURES_DECIDED"
    FAILURES_RECOVERED = "FAILURES_RECOVERED"
    USERS = "USERS"
    ROI_VIEWERS = "ROI_VIEWERS"
    INVOICES = "INVOICES"
    INVOICES_AUTOMATED = "INVOICES_AUTOMATED"


class PartWords(msgspec.Struct, frozen=True):
    """`title` heads the rows; `unit` is that of their amounts: CENTS, or COUNT where each is 1."""

    title: str
    unit: Unit


_CENTS, _COUNT = Unit.CENTS, Unit.COUNT

PARTS: Mapping[Part, PartWords] = {
    Part.MRR: PartWords(mark("Plans and contracts, net of discounts"), _CENTS),
    Part.MRR_GROSS: PartWords(mark("Plans and contracts, before discounts"), _CENTS),
    Part.PAYING: PartWords(mark("Paying customers"), _COUNT),
    Part.OPENING_MRR: PartWords(mark("Customers with their MRR when the month began"), _CENTS),
    Part.OPENING_CUSTOMERS: PartWords(mark("Paying customers when the month began"), _COUNT),
    Part.NEW_CUSTOMERS: PartWords(mark("New paying customers of the month"), _COUNT),
    Part.CHURNED_CUSTOMERS: PartWords(mark("Customers who stopped paying in the month"), _COUNT),
    Part.EXPANSION: PartWords(mark("Customers who pay more"), _CENTS),
    Part.LOST_MRR: PartWords(mark("Customers who pay less or nothing any more"), _CENTS),
    Part.COSTS: PartWords(mark("Costs of acquisition"), _CENTS),
    Part.TRIALING: PartWords(mark("Running trials"), _COUNT),
    Part.TRIALS_STARTED: PartWords(mark("Trials that began"), _COUNT),
    Part.TRIALS_CONVERTED: PartWords(mark("Trials that went on as a paid plan"), _COUNT),
    Part.SIGN_UPS: PartWords(mark("Accounts that signed up"), _COUNT),
    Part.EVER_PAYING: PartWords(mark("Accounts that have paid for a plan"), _COUNT),
    Part.REACHED_STARTER: PartWords(mark("Accounts that have paid for STARTER or more"), _COUNT),
    Part.REACHED_PRO: PartWords(mark("Accounts that have paid for PRO or more"), _COUNT),
    Part.REACHED_BUSINESS: PartWords(mark("Accounts that have paid for BUSINESS or more"), _COUNT),
    Part.REACHED_ENTERPRISE: PartWords(mark("Accounts with a contract for ENTERPRISE"), _COUNT),
    Part.SALES: PartWords(mark("Sales of agents and their refunds"), _CENTS),
    Part.TAKE: PartWords(mark("Our share of sales and of their refunds"), _CENTS),
    Part.API_REVENUE: PartWords(mark("Paid API plans and their refunds"), _CENTS),
    Part.TOKEN_REVENUE: PartWords(mark("Paid token packs and their refunds"), _CENTS),
    Part.CONVERSIONS: PartWords(
        mark("Customers of affiliates who paid for the first time"), _COUNT
    ),
    Part.FAILURES_DECIDED: PartWords(mark("Failed payments that were paid or given up"), _COUNT),
    Part.FAILURES_RECOVERED: PartWords(mark("Failed payments that were paid in the end"), _COUNT),
    Part.USERS: PartWords(mark("Users"), _COUNT),
    Part.ROI_VIEWERS: PartWords(mark("Users who opened their ROI dashboard"), _COUNT),
    Part.INVOICES: PartWords(mark("Invoices of the month"), _COUNT),
    Part.INVOICES_AUTOMATED: PartWords(mark("Invoices that nobody had to make"), _COUNT),
}

METRIC_PARTS: Mapping[Metric, tuple[Part, ...]] = {
    Metric.MRR: (Part.MRR,),
    Metric.MRR_GROSS: (Part.MRR_GROSS,),
    Metric.ARR: (Part.MRR,),
    Metric.ARPU: (Part.MRR, Part.PAYING),
    Metric.CHURN: (Part.CHURNED_CUSTOMERS, Part.OPENING_CUSTOMERS),
    Metric.REVENUE_CHURN: (Part.LOST_MRR, Part.OPENING_MRR),
    Metric.LTV: (Part.MRR, Part.PAYING, Part.CHURNED_CUSTOMERS, Part.OPENING_CUSTOMERS),
    Metric.CAC: (Part.COSTS, Part.NEW_CUSTOMERS),
    Metric.LTV_CAC: (
        Part.MRR,
        Part.PAYING,
        Part.CHURNED_CUSTOMERS,
        Part.OPENING_CUSTOMERS,
        Part.COSTS,
        Part.NEW_CUSTOMERS,
    ),
    Metric.EXPANSION: (Part.EXPANSION,),
    Metric.NET_REVENUE_RETENTION: (Part.OPENING_MRR, Part.EXPANSION, Part.LOST_MRR),
    Metric.PAYING: (Part.PAYING,),
    Metric.TRIALING: (Part.TRIALING,),
    Metric.TRIALS_STARTED: (Part.TRIALS_STARTED,),
    Metric.TRIALS_CONVERTED: (Part.TRIALS_CONVERTED,),
    Metric.FREE_TO_PAID: (Part.EVER_PAYING, Part.SIGN_UPS),
    Metric.FREE_TO_STARTER: (Part.REACHED_STARTER, Part.SIGN_UPS),
    Metric.STARTER_TO_PRO: (Part.REACHED_PRO, Part.REACHED_STARTER),
    Metric.PRO_TO_BUSINESS: (Part.REACHED_BUSINESS, Part.REACHED_PRO),
    Metric.BUSINESS_TO_ENTERPRISE: (Part.REACHED_ENTERPRISE, Part.REACHED_BUSINESS),
    Metric.GMV: (Part.SALES,),
    Metric.TAKE: (Part.TAKE,),
    Metric.API_REVENUE: (Part.API_REVENUE,),
    Metric.TOKEN_REVENUE: (Part.TOKEN_REVENUE,),
    Metric.AFFILIATE_CONVERSIONS: (Part.CONVERSIONS,),
    Metric.PAYMENT_RECOVERY: (Part.FAILURES_RECOVERED, Part.FAILURES_DECIDED),
    Metric.ROI_SEEN: (Part.ROI_VIEWERS, Part.USERS),
    Metric.INVOICING_AUTOMATED: (Part.INVOICES_AUTOMATED, Part.INVOICES),
}
"""Of a rate, what is divided comes before what it is divided by."""
