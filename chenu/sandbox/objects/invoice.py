"""Invoices of one-time payments, as Checkout makes them with `invoice_creation`."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.json_types import Json, copy_json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.invoice_payment import pay_invoice


def make_paid_invoice(
    unit: UnitOfWork, customer: Record, lines: list[Json], intent: Record, data: Json
) -> Record:
    """Create, finalize and pay an invoice. `lines`: of the session; `data`: its `invoice_data`."""
    invoice = _draft(unit, customer, lines, data)
    unit.emit("invoice.created", invoice.body)
    _finalize(unit, invoice, customer)
    unit.emit("invoice.finalized", invoice.body)
    payment = pay_invoice(unit, invoice, intent)
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
        test_clock=unit.test_clock or None,
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
