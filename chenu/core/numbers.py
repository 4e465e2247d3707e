"""Numbers as people read them, with the sign of minus instead of a hyphen. Amounts: money.py."""

from decimal import Decimal

from babel.numbers import format_decimal
from babel.numbers import format_percent as _babel_percent

MINUS = "\N{MINUS SIGN}"
_GROUPED_FROM = 10_000


def with_minus(shown: str) -> str:
    """Babel writes a hyphen, as the locales' data have it."""
    return shown.replace("-", MINUS)


def format_number(value: int | float | Decimal, locale: str) -> str:
    return with_minus(format_decimal(value, locale=locale))


def format_signed(value: int, locale: str) -> str:
    """'+1,200', '−300', '0'."""
    pattern = "+#,##0;-#,##0" if value else "0"
    return with_minus(format_decimal(value, pattern, locale=locale))


def format_percent(rate: Decimal, locale: str, pattern: str | None = None) -> str:
    """'2055 %', '26 150 %': four digits are read without a separator."""
    is_grouped = abs(rate * 100) >= _GROUPED_FROM
    return with_minus(_babel_percent(rate, pattern, locale, group_separator=is_grouped))
