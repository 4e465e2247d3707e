"""Stripe's processing fee for European cards, as a fixed table."""

_RATE_PER_MILLE = 15
_FIXED_CENTS = 25


def card_fee(amount: int) -> int:
    """1.5 % rounded half up, and 25 cents; in cents."""
    return (amount * _RATE_PER_MILLE + 500) // 1000 + _FIXED_CENTS
