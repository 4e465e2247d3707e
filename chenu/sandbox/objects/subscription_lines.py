"""The lines that bill a subscription, and the debits that later credits are counted from."""

from datetime import UTC, datetime

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.invoice_item import Proration, pricing_of
from chenu.sandbox.objects.proration import Span, remaining, share, unused
from chenu.sandbox.objects.subscription_item import amount_of


def period_line(unit: UnitOfWork, subscription: Record, item: Json, *, is_trial: bool) -> Json:
    """The line for the current period of an item; a trial costs nothing."""
    amount = 0 if is_trial else amount_of(item)
    name = _name(unit, item)
    return shapes.new(
        "line_item",
        id=unit.new_id("line_item"),
        amount=amount,
        description=f"Trial period for {name}" if is_trial else _sold(item, name),
        metadata=copy_json(subscription.body["metadata"]),
        parent={
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": subscription.id,
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        period={"start": item["current_period_start"], "end": item["current_period_end"]},
        pricing=pricing_of(item["price"]),
        quantity=item["quantity"],
        quantity_decimal=str(item["quantity"]),
        subscription=subscription.id,
        subtotal=amount,
    )


def _name(unit: UnitOfWork, item: Json) -> str:
    product = unit.find("product", item["price"]["product"])
    return str(product.body["name"]) if product else "subscription"


def _sold(item: Json, name: str) -> str:
    cents, recurring = item["price"]["unit_amount"], item["price"]["recurring"]
    count = recurring["interval_count"]
    every = recurring["interval"] if count == 1 else f"{count} {recurring['interval']}s"
    return f"{item['quantity']} × {name} (at €{cents // 100}.{cents % 100:02d} / {every})"


def credit(unit: UnitOfWork, debit: Json, item: Json, moment: int) -> Proration | None:
    """What is given back of a debit at a moment; None if nothing is."""
    span = Span(debit["start"], debit["end"])
    amount = unused(debit["amount"], span, moment)
    if amount == 0:
        return None
    words = f"Unused time on {_counted(unit, item)} after {_day(moment)}"
    discounts = tuple(
        {"amount": -one["amount"], "discount": one["discount"]}
        for one in _shared(debit["discount_amounts"], span, moment)
    )
    rest = Span(max(moment, span.start), span.end)
    return Proration(amount, rest, words, item, credited=debit, discount_amounts=discounts)


def _shared(discount_amounts: list[Json], span: Span, moment: int) -> list[Json]:
    """The same part of each discount as of the amount that it was taken off."""
    return [
        {
            "amount": share(one["amount"], span.rest(moment), span.length),
            "discount": one["discount"],
        }
        for one in discount_amounts
    ]


def debit_rest(unit: UnitOfWork, item: Json, moment: int, off: list[Json]) -> Proration:
    """What the rest of the item's current period costs from a moment on.

    `off`: what discounts take off a whole period.
    """
    period = Span(item["current_period_start"], item["current_period_end"])
    words = f"Remaining time on {_counted(unit, item)} after {_day(moment)}"
    amount = remaining(amount_of(item), period, moment)
    discounts = tuple(_shared(off, period, moment))
    return Proration(amount, Span(moment, period.end), words, item, discount_amounts=discounts)


def _counted(unit: UnitOfWork, item: Json) -> str:
    name = _name(unit, item)
    return name if item["quantity"] == 1 else f"{item['quantity']} × {name}"


def _day(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%d %b %Y}"


def debits_of(invoice: Json) -> Json:
    """By item: what the lines of an invoice debited last, as later credits need it."""
    found: Json = {}
    for line in invoice["lines"]["data"]:
        details = (line["parent"] or {}).get("subscription_item_details")
        if details and line["amount"] > 0:
            found[details["subscription_item"]] = {
                "amount": line["amount"],
                "discount_amounts": copy_json({"all": line["discount_amounts"]})["all"],
                "start": line["period"]["start"],
                "end": line["period"]["end"],
                "invoice": invoice["id"],
                "invoice_item": details["invoice_item"],
                "line": line["id"],
            }
    return found


def debit_of_item(item: Record) -> Json:
    """The same of a debit that waits for its invoice."""
    return {
        "amount": item.body["amount"],
        "discount_amounts": item.body["proration_details"]["discount_amounts"],
        "start": item.body["period"]["start"],
        "end": item.body["period"]["end"],
        "invoice": None,
        "invoice_item": item.id,
        "line": None,
    }
