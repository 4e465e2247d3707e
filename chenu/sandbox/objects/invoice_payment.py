"""The payment of an invoice by a PaymentIntent."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork


def pay_invoice(unit: UnitOfWork, invoice: Record, intent: Record) -> Record:
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
