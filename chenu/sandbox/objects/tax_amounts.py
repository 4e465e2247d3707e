"""The fixed table of value added tax, and what it makes of an amount. Pure arithmetic in cents."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

SELLER = "FR"
_RATES = {"FR": Decimal(20), "DE": Decimal(19)}
"""Where the seller is registered; no tax is collected anywhere else."""


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A rate, and the reason why it applies. Prices include it, but for the exclusive ones."""

    id: str
    percent: Decimal
    reason: str = "standard_rated"
    exclusive_prices: frozenset[str] = frozenset()


def rate_for(
    country: str | None,
    *,
    exempt: str,
    vat_countries: Iterable[str],
    exclusive_prices: Iterable[str] = (),
) -> TaxRate | None:
    """The rate for a customer; None where the country is not known.

    `exempt` is the customer's `tax_exempt`, `vat_countries` the countries of their VAT numbers. As
    at Stripe only the format of a number counts, and the seller's own country knows no reverse
    charge.
    """
    if country is None:
        return None
    percent, reason = _RATES.get(country), "standard_rated"
    if exempt == "exempt":
        percent, reason = None, "customer_exempt"
    elif exempt == "reverse" or (country != SELLER and any(vat_countries)):
        percent, reason = None, "reverse_charge"
    elif percent is None:
        reason = "not_collecting"
    return TaxRate(
        f"txr_1{country}{percent or 0}{reason.replace('_', '')}",
        percent or Decimal(0),
        reason,
        frozenset(exclusive_prices),
    )


def tax_on(net: int, percent: Decimal, *, is_inclusive: bool) -> tuple[int, int]:
    """The tax, rounded half up, and the amount that it is computed on, of what a line costs."""
    sign = -1 if net < 0 else 1
    whole = 100 + percent if is_inclusive else Decimal(100)
    exact = abs(net) * percent / whole
    tax = sign * int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    return tax, net - tax if is_inclusive else net
