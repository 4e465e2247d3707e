"""The payments of invoices, read."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import unsupported
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork


@ROUTES.get("/v1/invoice_payments")
def list_payments(unit: UnitOfWork, parameters: Json) -> Json:
    payment = parameters.get("payment") or {}
    if payment and payment["type"] != "payment_intent":
        raise unsupported("payments of invoices without a PaymentIntent", "payment[type]")
    intent = payment.get("payment_intent")
    return page(
        unit,
        "invoice_payment",
        "/v1/invoice_payments",
        parameters,
        [Filter("payment.payment_intent", "=", intent)] if intent else (),
        by=("invoice", "status"),
        handled=("payment",),
    )


@ROUTES.get("/v1/invoice_payments/{invoice_payment}")
def retrieve_payment(unit: UnitOfWork, parameters: Json, invoice_payment: str) -> Record:
    return unit.get("invoice_payment", invoice_payment)
