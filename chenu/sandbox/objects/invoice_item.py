"""Invoice items: credits and debits of prorations that wait for the next invoice."""

from dataclasses import dataclass

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.proration import Span

_OF_SUBSCRIPTION = "parent.subscription_details.subscription"


@dataclass(frozen=True, slots=True)
class Proration:
    """One proration of an item: `credited` is the debit that it gives back; None for a debit."""

    amount: int
    span: Span
    description: str
    item: Json
    credited: Json | None = None
    discount_amounts: tuple[Json, ...] = ()


def new_proration(unit: UnitOfWork, subscription: Record, wanted: Proration) -> Record:
    """Create and announce; it waits for an invoice of the subscription."""
    item = wanted.item
    body = shapes.new(
        "invoiceitem",
        id=unit.new_id("invoiceitem"),
        amount=wanted.amount,
        customer=subscription.body["customer"],
        date=unit.now,
        description=wanted.description,
        discountable=False,
        metadata=copy_json(subscription.body["metadata"]),
        parent={
            "subscription_details": {
                "subscription": subscription.id,
                "subscription_item": item["id"],
            },
            "type": "subscription_details",
        },
        period={"start": wanted.span.start, "end": wanted.span.end},
        pricing=pricing_of(item["price"]),
        proration=True,
        proration_details={
            "credited_items": _credited(wanted.credited),
            "discount_amounts": list(wanted.discount_amounts),
        },
        quantity=item["quantity"],
        quantity_decimal=str(item["quantity"]),
        test_clock=unit.test_clock or None,
    )
    body["net_amount"] = wanted.amount - sum(one["amount"] for one in wanted.discount_amounts)
    record = unit.create("invoiceitem", body)
    unit.emit("invoiceitem.created", record.body)
    return record


def _credited(debit: Json | None) -> Json | None:
    if debit is None:
        return None
    if debit["invoice"] is None:
        return {
            "invoice_item": debit["invoice_item"],
            "invoice_line_item_details": None,
            "type": "invoice_item",
        }
    return {
        "invoice_item": None,
        "invoice_line_item_details": {
            "invoice": debit["invoice"],
            "invoice_line_items": [debit["line"]],
        },
        "type": "invoice_line_items",
    }


def pricing_of(price: Json) -> Json:
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": price["unit_amount_decimal"],
    }


def pending_items(unit: UnitOfWork, subscription_id: str) -> list[Record]:
    """What waits for the subscription's next invoice, in the order of creation."""
    filters = [Filter(_OF_SUBSCRIPTION, "=", subscription_id), Filter("invoice", "IS", None)]
    return unit.store.select("invoiceitem", unit.account, filters, oldest_first=True)


def line_of_item(unit: UnitOfWork, item: Record) -> Json:
    """The line of an invoice that bills an invoice item."""
    body = item.body
    of = body["parent"]["subscription_details"]
    credited = (body["proration_details"] or {}).get("credited_items")
    from_invoice = credited["invoice_line_item_details"] if credited else None
    return shapes.new(
        "line_item",
        id=unit.new_id("line_item"),
        amount=body["amount"],
        description=body["description"],
        discount_amounts=copy_json({"all": body["proration_details"]["discount_amounts"]})["all"],
        discountable=body["discountable"],
        metadata=copy_json(body["metadata"]),
        parent={
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": item.id,
                "proration": body["proration"],
                "proration_details": {"credited_items": from_invoice},
                "subscription": of["subscription"],
                "subscription_item": of["subscription_item"],
            },
            "type": "subscription_item_details",
        },
        period=dict(body["period"]),
        pricing=copy_json(body["pricing"]),
        quantity=body["quantity"],
        quantity_decimal=body["quantity_decimal"],
        subscription=of["subscription"],
        subtotal=body["amount"],
    )


def assign(unit: UnitOfWork, items: list[Record], invoice_id: str) -> None:
    """Record the invoice that bills the items."""
    for item in items:
        item.body["invoice"] = invoice_id
        unit.save(item)


def discard(unit: UnitOfWork, items: list[Record]) -> None:
    """Delete what was never billed."""
    for item in items:
        unit.store.delete(item)
        unit.emit("invoiceitem.deleted", item.body)
