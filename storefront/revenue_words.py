"""How figures of revenue are called and written, and in which order they stand on their page."""

from decimal import Decimal

from babel.dates import format_date

from chenu.analytics.model import Metric, MovementKind, TargetCheck, Unit
from chenu.analytics.words import show_target, show_value
from chenu.core.i18n import Locale, mark, translate
from chenu.core.months import Month
from chenu.core.numbers import MINUS, format_number

RECURRING = mark("Recurring revenue")
CUSTOMERS = mark("Customers")
VALUE = mark("What a customer is worth")
SALES = mark("Sales and the rest")
GROUPS = {
    RECURRING: (
        Metric.MRR,
        Metric.MRR_GROSS,
        Metric.ARR,
        Metric.ARPU,
        Metric.EXPANSION,
        Metric.NET_REVENUE_RETENTION,
    ),
    CUSTOMERS: (
        Metric.PAYING,
        Metric.TRIALING,
        Metric.TRIALS_STARTED,
        Metric.TRIALS_CONVERTED,
        Metric.CHURN,
        Metric.REVENUE_CHURN,
    ),
    VALUE: (
        Metric.LTV,
        Metric.CAC,
        Metric.LTV_CAC,
        Metric.FREE_TO_PAID,
        Metric.AFFILIATE_CONVERSIONS,
    ),
    SALES: (
        Metric.GMV,
        Metric.TAKE,
        Metric.API_REVENUE,
        Metric.TOKEN_REVENUE,
        Metric.PAYMENT_RECOVERY,
    ),
}
"""Each group's figures stand in one row of tiles, and in the columns of one table."""
MOVEMENTS = {
    MovementKind.NEW: mark("New"),
    MovementKind.REACTIVATION: mark("Reactivation"),
    MovementKind.EXPANSION: mark("Expansion"),
    MovementKind.CONTRACTION: mark("Contraction"),
    MovementKind.CHURN: mark("Churn"),
}
_AIM = mark("{target}, aim {aim}")
_POINTS = mark("{change} points")


def show_goal(check: TargetCheck, locale: Locale) -> str:
    """'≥ €50,000.00', '> 3, aim 5'."""
    target = show_target(check, locale)
    if check.aim is None:
        return target
    return translate(locale, _AIM, target=target, aim=show_value(check.unit, check.aim, locale))


def show_change(unit: Unit, change: int, locale: Locale) -> str:
    """With its sign: '+€12.00', '−3'; of percentages in points of them: '+0.5 points'."""
    sign = "+" if change > 0 else MINUS if change < 0 else ""
    if unit is Unit.BASIS_POINTS:
        points = format_number(_hundredths(abs(change)), locale)
        return translate(locale, _POINTS, change=sign + points)
    return sign + show_value(unit, abs(change), locale)


def _hundredths(value: int) -> Decimal:
    return Decimal(value).scaleb(-2)


def name_month(month: Month, locale: Locale) -> str:
    """Of an axis: 'Nov 2026'."""
    named: str = format_date(month.first_day, "LLL y", locale=locale)
    return named
