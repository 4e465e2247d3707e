"""The payment of an invoice by a PaymentIntent."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.store import PLATFORM, Filter, Record, Store
from chenu.sandbox.engine.unit_of_work import UnitOfWork


def open_payment(unit: UnitOfWork, invoice: Record, intent: Record) -> Record:
    """The payment that an open invoice waits for."""
    due = invoice.body["amount_due"]
    return unit.create(
        "invoice_payment",
        shapes.new(
            "invoice_payment",
            id=unit.new_id("invoice_payment"),
            amount_requested=due,
            created=unit.now,
            invoice=invoice.id,
            payment={"payment_intent": intent.id, "type": "payment_intent"},
        ),
    )


def record_payment(unit: UnitOfWork, invoice: Record, intent: Record) -> None:
    """The intent has paid the invoice: note and announce that."""
    payment = find_payment(unit, invoice) or open_payment(unit, invoice, intent)
    with unit.change(payment) as body:
        body |= {"amount_paid": body["amount_requested"], "status": "paid"}
        body["status_transitions"]["paid_at"] = unit.now
    unit.emit("invoice_payment.paid", payment.body)


def find_payment(unit: UnitOfWork, invoice: Record) -> Record | None:
    """The payment that is open or paid; a canceled one does not count."""
    filters = [Filter("invoice", "=", invoice.id), Filter("status", "IN", ["open", "paid"])]
    found = unit.store.select("invoice_payment", unit.account, filters, limit=1)
    return found[0] if found else None


def find_intent(unit: UnitOfWork, invoice: Record) -> Record | None:
    """The PaymentIntent of the invoice's payment."""
    payment = find_payment(unit, invoice)
    if payment is None:
        return None
    return unit.find("payment_intent", payment.body["payment"]["payment_intent"])


def find_waiting_intent(store: Store, invoice: Record) -> Record | None:
    """The PaymentIntent of an invoice that the owner of the card has to confirm."""
    filters = [Filter("invoice", "=", invoice.id), Filter("status", "=", "open")]
    for payment in store.select("invoice_payment", PLATFORM, filters):
        intent = store.find("payment_intent", payment.body["payment"]["payment_intent"], PLATFORM)
        if intent is not None and intent.body["status"] == "requires_action":
            return intent
    return None


def cancel_payment(unit: UnitOfWork, invoice: Record) -> None:
    """Nothing will be paid: cancel the payment and its intent."""
    payment, intent = find_payment(unit, invoice), find_intent(unit, invoice)
    if payment is None or intent is None or payment.body["status"] != "open":
        return
    with unit.change(payment) as body:
        body["status"] = "canceled"
        body["status_transitions"]["canceled_at"] = unit.now
    with unit.change(intent) as body:
        body |= {
            "canceled_at": unit.now,
            "cancellation_reason": "void_invoice",
            "next_action": None,
            "status": "canceled",
        }
    unit.emit("payment_intent.canceled", intent.body)
