"""What each metric is called, and how it is computed: the words of pages, files and the API."""

from collections.abc import Mapping

import msgspec

from chenu.analytics.model import Metric, Unit
from chenu.core.i18n import mark


class Definition(msgspec.Struct, frozen=True):
    """`title` and `formula` are marked for translation."""

    title: str
    formula: str
    unit: Unit


_CENTS, _COUNT, _RATE, _RATIO = Unit.CENTS, Unit.COUNT, Unit.BASIS_POINTS, Unit.RATIO

DEFINITIONS: Mapping[Metric, Definition] = {
    Metric.MRR: Definition(
        mark("MRR, net of discounts"),
        mark(
            "Prices of running tiers, API plans and contracts without VAT, a year's divided by 12, "
            "less repeating and lasting discounts; without trials"
        ),
        _CENTS,
    ),
    Metric.MRR_GROSS: Definition(
        mark("MRR, before discounts"),
        mark("The same prices, without any discount taken off"),
        _CENTS,
    ),
    Metric.ARR: Definition(mark("ARR"), mark("12 × MRR"), _CENTS),
    Metric.ARPU: Definition(mark("ARPU"), mark("MRR ÷ paying customers"), _CENTS),
    Metric.CHURN: Definition(
        mark("Churn of customers"),
        mark("Customers who stopped paying in the month ÷ paying customers when it began"),
        _RATE,
    ),
    Metric.REVENUE_CHURN: Definition(
        mark("Churn of revenue"),
        mark("MRR lost by contraction and churn in the month ÷ MRR when it began"),
        _RATE,
    ),
    Metric.LTV: Definition(
        mark("LTV"), mark("ARPU ÷ churn of customers; none where nobody left"), _CENTS
    ),
    Metric.CAC: Definition(
        mark("CAC"),
        mark("Recorded costs of acquisition of the month ÷ new paying customers of the month"),
        _CENTS,
    ),
    Metric.LTV_CAC: Definition(mark("LTV/CAC"), mark("LTV ÷ CAC"), _RATIO),
    Metric.EXPANSION: Definition(
        mark("Expansion MRR"), mark("MRR that paying customers added in the month"), _CENTS
    ),
    Metric.NET_REVENUE_RETENTION: Definition(
        mark("Net revenue retention"),
        mark(
            "(MRR when the month began + expansion − contraction − churn) "
            "÷ MRR when the month began"
        ),
        _RATE,
    ),
    Metric.PAYING: Definition(
        mark("Paying customers"), mark("Accounts with an MRR above zero"), _COUNT
    ),
    Metric.TRIALING: Definition(
        mark("Trialing"), mark("Trials of tiers that run at the end of the day"), _COUNT
    ),
    Metric.TRIALS_STARTED: Definition(
        mark("Trials started"), mark("Trials that began in the month"), _COUNT
    ),
    Metric.TRIALS_CONVERTED: Definition(
        mark("Trials converted"),
        mark("Trials that ended in the month and went on as a paid plan"),
        _COUNT,
    ),
    Metric.FREE_TO_PAID: Definition(
        mark("Free to paid"),
        mark("Accounts that have ever paid for a plan ÷ accounts that have ever signed up"),
        _RATE,
    ),
    Metric.FREE_TO_STARTER: Definition(
        mark("FREE → STARTER"),
        mark("Accounts that have ever paid for STARTER or more ÷ accounts that signed up"),
        _RATE,
    ),
    Metric.STARTER_TO_PRO: Definition(
        mark("STARTER → PRO"),
        mark("Accounts that have ever paid for PRO or more ÷ those of STARTER or more"),
        _RATE,
    ),
    Metric.PRO_TO_BUSINESS: Definition(
        mark("PRO → BUSINESS"),
        mark("Accounts that have ever paid for BUSINESS or more ÷ those of PRO or more"),
        _RATE,
    ),
    Metric.BUSINESS_TO_ENTERPRISE: Definition(
        mark("BUSINESS → ENTERPRISE"),
        mark("Accounts that have ever had a contract ÷ those of BUSINESS or more"),
        _RATE,
    ),
    Metric.GMV: Definition(
        mark("GMV of the marketplace"),
        mark("Sales and months of agents without VAT and discounts, less refunds and disputes"),
        _CENTS,
    ),
    Metric.TAKE: Definition(
        mark("Take of the marketplace"),
        mark("Our share of the GMV, before what Stripe takes"),
        _CENTS,
    ),
    Metric.API_REVENUE: Definition(
        mark("API revenue"),
        mark("Paid invoices of API plans without VAT, less refunds and disputes"),
        _CENTS,
    ),
    Metric.TOKEN_REVENUE: Definition(
        mark("Token revenue"),
        mark("Paid token packs without VAT, less refunds and disputes"),
        _CENTS,
    ),
    Metric.AFFILIATE_CONVERSIONS: Definition(
        mark("Affiliate conversions"),
        mark("Customers of affiliates whose first commission was earned in the month"),
        _COUNT,
    ),
    Metric.PAYMENT_RECOVERY: Definition(
        mark("Recovery of failed payments"),
        mark("Failed payments paid in the month ÷ those that were paid or given up in it"),
        _RATE,
    ),
    Metric.ROI_SEEN: Definition(
        mark("ROI dashboard seen"),
        mark("Users who opened their ROI dashboard in the month ÷ users"),
        _RATE,
    ),
    Metric.INVOICING_AUTOMATED: Definition(
        mark("Invoicing automated"),
        mark(
            "Invoices of the month that nobody had to make ÷ all of them, "
            "with those of contracts, which are made by hand"
        ),
        _RATE,
    ),
}
