"""How the lines of an invoice add up: lines, then discounts, then taxes, then totals. Pure."""

from collections.abc import Sequence

from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.objects.discount_amounts import Discount, Discountable, amounts_off
from chenu.sandbox.objects.tax_amounts import TaxRate, tax_on


def fill_totals(
    invoice: Json, discounts: Sequence[Discount] = (), tax: TaxRate | None = None
) -> None:
    """Write discounts, taxes and totals into an invoice whose lines are there.

    `amount_due` and the balances are set by finalization, which knows the customer's balance.
    """
    lines: list[Json] = invoice["lines"]["data"]
    apply_discounts(lines, discounts)
    for line in lines:
        line["pretax_credit_amounts"] = pretax_credits(line["discount_amounts"])
    apply_tax(lines, tax)
    subtotal = sum(line["amount"] for line in lines)
    taxes = [one for line in lines for one in line["taxes"] or ()]
    exclusive = sum(one["amount"] for one in taxes if one["tax_behavior"] == "exclusive")
    inclusive = sum(one["amount"] for one in taxes if one["tax_behavior"] == "inclusive")
    off = _by_discount(lines)
    total = subtotal - sum(off.values()) + exclusive
    invoice |= {
        "amount_due": max(total, 0),
        "amount_remaining": max(total, 0),
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal - inclusive,
        "total": total,
        "total_discount_amounts": [
            {"amount": amount, "discount": discount} for discount, amount in off.items()
        ],
        "total_excluding_tax": total - exclusive - inclusive,
        "total_pretax_credit_amounts": [
            one for line in lines for one in line["pretax_credit_amounts"]
        ],
        "total_taxes": total_taxes(taxes),
    }


def apply_discounts(lines: list[Json], discounts: Sequence[Discount]) -> None:
    """Add to the `discount_amounts` of each line that is discountable.

    Prorations are not: theirs were fixed when they were made.
    """
    open_lines = [line for line in lines if line["discountable"]]
    rows = [Discountable(line["amount"], _product(line)) for line in open_lines]
    for line, taken in zip(open_lines, amounts_off(rows, discounts), strict=True):
        line["discount_amounts"] += [{"amount": off, "discount": one} for one, off in taken]


def _product(line: Json) -> str | None:
    details = (line["pricing"] or {}).get("price_details")
    return details["product"] if details else None


def apply_tax(lines: list[Json], tax: TaxRate | None) -> None:
    """Write `taxes` of each line, from its amount after discounts."""
    if tax is None:
        return
    for line in lines:
        details = (line["pricing"] or {}).get("price_details") or {}
        is_inclusive = details.get("price") not in tax.exclusive_prices
        amount, taxable = tax_on(net_amount(line), tax.percent, is_inclusive=is_inclusive)
        line["taxes"] = [
            {
                "amount": amount,
                "tax_behavior": "inclusive" if is_inclusive else "exclusive",
                "tax_rate_details": {"tax_rate": tax.id},
                "taxability_reason": tax.reason,
                "taxable_amount": taxable,
                "type": "tax_rate_details",
            }
        ]


def pretax_credits(discount_amounts: list[Json] | None) -> list[Json]:
    """What lowers an amount before taxes: discounts, the only such credits here."""
    return [
        {"credit_balance_transaction": None, **one, "type": "discount"}
        for one in discount_amounts or ()
    ]


def net_amount(line: Json) -> int:
    """What a line costs after its discounts, before taxes that come on top."""
    off: int = sum(one["amount"] for one in line["discount_amounts"] or ())
    return int(line["amount"]) - off


def _by_discount(lines: list[Json]) -> dict[str, int]:
    off: dict[str, int] = {}
    for line in lines:
        for one in line["discount_amounts"] or ():
            off[one["discount"]] = off.get(one["discount"], 0) + one["amount"]
    return off


def total_taxes(taxes: list[Json]) -> list[Json]:
    """One entry for each rate and reason, as on the lines."""
    found: dict[str, Json] = {}
    for one in taxes:
        key = f"{one['tax_rate_details']}{one['tax_behavior']}{one['taxability_reason']}"
        if key in found:
            found[key]["amount"] += one["amount"]
            found[key]["taxable_amount"] += one["taxable_amount"]
        else:
            found[key] = dict(one)
    return list(found.values())
