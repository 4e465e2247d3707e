"""How pages show what a coupon takes off: per cent or an amount."""

from decimal import Decimal

from babel.numbers import format_percent

from chenu.billing.coupon_rules import CouponDuration
from chenu.core.i18n import Locale, mark
from chenu.core.money import Cents, format_cents

DURATIONS = {
    CouponDuration.ONCE: mark("The first invoice"),
    CouponDuration.REPEATING: mark("Some months"),
    CouponDuration.FOREVER: mark("Every invoice"),
}


def show_off(percent: int | None, amount: Cents | None, locale: Locale) -> str:
    """'20 %' or '5,00 €' in French, '20%' or '€5.00' in English."""
    if percent is not None:
        return format_percent(Decimal(percent) / 100, locale=locale)
    return format_cents(amount or Cents(0), locale)
