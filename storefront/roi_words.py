"""Periods, hours and percentages of a return on investment, as people read them."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from babel.dates import format_date
from babel.numbers import format_currency

from chenu.core.i18n import Locale, mark
from chenu.core.money import CURRENCY, WHOLE, BasisPoints, Cents
from chenu.core.numbers import format_percent, with_minus
from chenu.roi.costs import CostKind
from chenu.roi.formulas import SECONDS_PER_HOUR, whole_percent
from chenu.roi.periods import RoiPeriod, Span
from chenu.roi.report import MinutesSource

PERIODS = {
    RoiPeriod.MONTH: mark("Month"),
    RoiPeriod.QUARTER: mark("Quarter"),
    RoiPeriod.YEAR: mark("Year"),
}
STEPS = {
    RoiPeriod.MONTH: mark("Day"),
    RoiPeriod.QUARTER: mark("Week from"),
    RoiPeriod.YEAR: mark("Month"),
}
BY_STEP = {
    RoiPeriod.MONTH: mark("Value created and cost, by day"),
    RoiPeriod.QUARTER: mark("Value created and cost, by week"),
    RoiPeriod.YEAR: mark("Value created and cost, by month"),
}
COSTS = {
    CostKind.PLAN: mark("Plan, invoice {reference}"),
    CostKind.PACK: mark("Token pack, invoice {reference}"),
    CostKind.AGENT: mark("Agent {reference}"),
}
MINUTES = {
    MinutesSource.SETTING: mark("your own minutes per run"),
    MinutesSource.CLAIM: mark("the agent's own claim"),
}
_FORMATS = {RoiPeriod.MONTH: "MMMM y", RoiPeriod.QUARTER: "QQQQ y", RoiPeriod.YEAR: "y"}
_STEP_FORMATS = {RoiPeriod.MONTH: "d MMM", RoiPeriod.QUARTER: "d MMM", RoiPeriod.YEAR: "LLL"}
_WHOLE_EUROS: dict[Locale, str] = {"fr": "#,##0\u00a0¤", "en": "¤#,##0"}
_CENT = Decimal("0.01")


def name_period(period: RoiPeriod, span: Span, locale: Locale) -> str:
    """'November 2026', '4th quarter 2026', '2026'."""
    named: str = format_date(span.first, _FORMATS[period], locale=locale)
    return named[:1].upper() + named[1:]


def name_step(period: RoiPeriod, first: date, locale: Locale) -> str:
    named: str = format_date(first, _STEP_FORMATS[period], locale=locale)
    return named


def hours_of(seconds: int) -> Decimal:
    """To two decimals, half up."""
    return (Decimal(seconds) / SECONDS_PER_HOUR).quantize(_CENT, ROUND_HALF_UP).normalize() + 0


def show_percent(roi: BasisPoints, locale: Locale) -> str:
    """In whole per cent: '2055 %'."""
    whole = Decimal(whole_percent(roi)) / 100
    return format_percent(whole, locale)


def show_whole_euros(amount: Cents, locale: Locale) -> str:
    """Of a chart's scale: '200 €'."""
    shown: str = format_currency(
        amount // 100, CURRENCY, _WHOLE_EUROS[locale], locale, currency_digits=False
    )
    return with_minus(shown)


def show_exact_percent(roi: BasisPoints, locale: Locale) -> str:
    """To two decimals: '2055,17 %'."""
    rate = Decimal(roi) / WHOLE
    return format_percent(rate, locale, _exact_format(locale))


def _exact_format(locale: Locale) -> str:
    return "#,##0.00\u00a0%" if locale == "fr" else "#,##0.00%"
