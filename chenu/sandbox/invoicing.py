"""Invoices of one-time payments, as Checkout makes them with `invoice_creation`."""

from chenu.sandbox import shapes
from chenu.sandbox.json_types import Json, copy_json
from chenu.sandbox.store import Record
from chenu.sandbox.unit import UnitOfWork


def make_paid_invoice(
    unit: UnitOfWork, customer: Record, lines: list[Json], intent: Record, data: Json
) -> Record:
    """Draft, finalized, paid in one go. `lines`: items of the session; `data`: invoice_data."""
    invoice = _draft(unit, customer, lines, data)
    unit.emit("invoice.created", invoice.body)
    _finalize(unit, invoice, customer)
    unit.emit("invoice.finalized", invoice.body)
    payment = _pay(unit, invoice, intent)
    unit.emit("invoice_payment.paid", payment.body)
    unit.emit("invoice.paid", invoice.body)
    unit.emit("invoice.payment_succeeded", invoice.body)
    return invoice


def _draft(unit: UnitOfWork, customer: Record, lines: list[Json], data: Json) -> Record:
    invoice_id = unit.new_id("invoice")
    total = sum(line["amount_total"] for line in lines)
    body = shapes.new(
        "invoice",
        id=invoice_id,
        amount_due=total,
        amount_remaining=total,
        created=unit.now,
        custom_fields=data.get("custom_fields"),
        customer=customer.id,
        customer_address=customer.body["address"],
        customer_email=customer.body["email"],
        customer_name=customer.body["name"],
        customer_phone=customer.body["phone"],
        customer_shipping=customer.body["shipping"],
        description=data.get("description"),
        footer=data.get("footer"),
        metadata=copy_json(data.get("metadata") or {}),
        period_end=unit.now,
        period_start=unit.now,
        subtotal=total,
        subtotal_excluding_tax=total,
        total=total,
        total_excluding_tax=total,
    )
    body["lines"] |= {
        "data": [_line(unit, invoice_id, line) for line in lines],
        "url": f"/v1/invoices/{invoice_id}/lines",
    }
    return unit.create("invoice", body, internal={"secret": unit.token()})


def _line(unit: UnitOfWork, invoice_id: str, item: Json) -> Json:
    price = item["price"]
    return shapes.new(
        "line_item",
        id=unit.new_id("line_item"),
        amount=item["amount_total"],
        description=item["description"],
        invoice=invoice_id,
        period={"end": unit.now, "start": unit.now},
        pricing={
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        quantity=item["quantity"],
        quantity_decimal=str(item["quantity"]),
        subtotal=item["amount_subtotal"],
    )


def _finalize(unit: UnitOfWork, invoice: Record, customer: Record) -> None:
    number = customer.body["next_invoice_sequence"]
    with unit.change(customer) as body:
        body["next_invoice_sequence"] = number + 1
    link = unit.config.link(f"/i/{invoice.id}.{invoice.internal['secret']}")
    with unit.change(invoice) as body:
        body |= {
            "effective_at": unit.now,
            "ending_balance": 0,
            "hosted_invoice_url": link,
            "invoice_pdf": f"{link}/pdf",
            "number": f"{customer.body['invoice_prefix']}-{number:04d}",
            "status": "open",
            "webhooks_delivered_at": unit.now,
        }
        body["status_transitions"]["finalized_at"] = unit.now


def _pay(unit: UnitOfWork, invoice: Record, intent: Record) -> Record:
    total = invoice.body["total"]
    payment = unit.create(
        "invoice_payment",
        shapes.new(
            "invoice_payment",
            id=unit.new_id("invoice_payment"),
            amount_paid=total,
            amount_requested=total,
            created=unit.now,
            invoice=invoice.id,
            payment={"payment_intent": intent.id, "type": "payment_intent"},
            status="paid",
            status_transitions={"canceled_at": None, "paid_at": unit.now},
        ),
    )
    with unit.change(invoice) as body:
        body |= {
            "amount_paid": total,
            "amount_remaining": 0,
            "attempt_count": 1,
            "attempted": True,
            "status": "paid",
        }
        body["status_transitions"]["paid_at"] = unit.now
    return payment
