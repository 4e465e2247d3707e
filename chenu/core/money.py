"""Integer money: cents, basis points, and how an amount is displayed. See docs/money.md."""

from typing import NewType

from babel.numbers import format_currency as _babel_format

from chenu.core.numbers import with_minus

Cents = NewType("Cents", int)
BasisPoints = NewType("BasisPoints", int)

CURRENCY = "EUR"
WHOLE = BasisPoints(10_000)


def is_our_currency(code: str) -> bool:
    """Stripe writes 'eur'. Amounts of another currency must not be treated as cents."""
    return code.upper() == CURRENCY


def share_down(amount: Cents, rate: BasisPoints) -> Cents:
    """`rate` (basis points) of a non-negative amount, rounded down to the cent."""
    if amount < 0:
        raise ValueError("a share is taken of a non-negative amount")
    return Cents(amount * rate // WHOLE)


def divide_half_up(dividend: int, divisor: int) -> int:
    """A half goes up, of negative numbers as well; the divisor is positive."""
    return (2 * dividend + divisor) // (2 * divisor)


def format_cents(amount: Cents, locale: str = "fr") -> str:
    """'9,00 €' in French, '€9.00' in English; the same digits that are charged.

    Less than nothing has the sign of minus, not a hyphen: '−9,00 €', '−€9.00'.
    """
    sign, positive = ("-", -amount) if amount < 0 else ("", amount)
    euros, cents = divmod(positive, 100)
    # A decimal string is exact: no float ever holds an amount.
    shown = _babel_format(f"{sign}{euros}.{cents:02d}", CURRENCY, locale=locale)
    return with_minus(shown)
