"""Invoices and the payments of invoices: made by Checkout, read here."""

from chenu.sandbox.api.lists import embedded_page, page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import unsupported
from chenu.sandbox.engine.expand import provides
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork


@ROUTES.get("/v1/invoices")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    by = ("collection_method", "customer", "status")
    return page(unit, "invoice", "/v1/invoices", parameters, by=by)


@ROUTES.get("/v1/invoices/{invoice}")
def retrieve(unit: UnitOfWork, parameters: Json, invoice: str) -> Record:
    return unit.get("invoice", invoice)


@ROUTES.get("/v1/invoices/{invoice}/lines")
def list_lines(unit: UnitOfWork, parameters: Json, invoice: str) -> Json:
    lines = unit.get("invoice", invoice).body["lines"]
    return embedded_page(lines["data"], lines["url"], parameters)


@provides("invoice", "payments")
def _payments(unit: UnitOfWork, invoice: Json) -> Json:
    filters = [Filter("invoice", "=", invoice["id"])]
    return page(unit, "invoice_payment", "/v1/invoice_payments", {}, filters)


@provides("invoice", "confirmation_secret")
def _confirmation_secret(unit: UnitOfWork, invoice: Json) -> None:
    """Null: every invoice here is paid, there is nothing left to confirm."""


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
