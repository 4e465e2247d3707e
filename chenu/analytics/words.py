"""Figures as people read them."""

from decimal import Decimal

from chenu.analytics.formulas import HUNDREDTHS
from chenu.analytics.model import TargetCheck, Unit
from chenu.core.i18n import Locale, mark, translate
from chenu.core.money import WHOLE, Cents, format_cents
from chenu.core.numbers import format_number, format_percent

_PERCENT: dict[Locale, str] = {"fr": "#,##0.##\N{NO-BREAK SPACE}%", "en": "#,##0.##%"}
_UNDEFINED = mark("not defined")


def show_value(unit: Unit, value: int | None, locale: Locale) -> str:
    """'50 000,00 €', '1 000', '4,5 %', '3,2'."""
    if value is None:
        return translate(locale, _UNDEFINED)
    if unit is Unit.CENTS:
        return format_cents(Cents(value), locale)
    if unit is Unit.COUNT:
        return format_number(value, locale)
    if unit is Unit.RATIO:
        return format_number(Decimal(value) / HUNDREDTHS, locale)
    return format_percent(Decimal(value) / WHOLE, locale, _PERCENT[locale])


def show_target(check: TargetCheck, locale: Locale) -> str:
    """'≥ 50 000,00 €', '< 5 %'."""
    loose, strict = ("≤", "<") if check.at_most else ("≥", ">")
    sign = strict if check.is_strict else loose
    return f"{sign} {show_value(check.unit, check.target, locale)}"
