"""What discounts take off the lines of an invoice or of a session. Pure arithmetic in cents.

Discounts apply one after the other, in their order, to what those before have left. Each is
computed on the sum of the lines that it applies to, rounded half up, and spread over them in
proportion: the cents that are left over go to the largest remainders.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class Discount:
    """A coupon as it applies to one invoice; `products` limits it, None means all."""

    id: str
    percent_off: Decimal | None = None
    amount_off: int | None = None
    products: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Discountable:
    """A line: its amount, and the product that it sells."""

    amount: int
    product: str | None


def amounts_off(
    lines: Sequence[Discountable], discounts: Sequence[Discount]
) -> list[list[tuple[str, int]]]:
    """For each line what each discount takes off, without those that take nothing."""
    left = [max(line.amount, 0) for line in lines]
    found: list[list[tuple[str, int]]] = [[] for _ in lines]
    for discount in discounts:
        base = [
            amount if _applies(discount, line) else 0
            for amount, line in zip(left, lines, strict=True)
        ]
        for place, off in enumerate(spread(_off(discount, sum(base)), base)):
            if off:
                left[place] -= off
                found[place].append((discount.id, off))
    return found


def _applies(discount: Discount, line: Discountable) -> bool:
    return discount.products is None or line.product in discount.products


def _off(discount: Discount, base: int) -> int:
    """In cents, at most all of it."""
    if discount.percent_off is None:
        return min(discount.amount_off or 0, base)
    exact = base * discount.percent_off / 100
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """The total in parts that are proportional to the weights and add up to it."""
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    for place in sorted(range(len(weights)), key=lambda one: -remainders[one]):
        if sum(parts) == total:
            break
        parts[place] += 1
    return parts
