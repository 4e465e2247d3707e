"""Invoices and the payments of invoices: made by Checkout, read here."""

from chenu.sandbox.expand import provides
from chenu.sandbox.json_types import Json
from chenu.sandbox.lists import equal, page, whole
from chenu.sandbox.routing import ROUTES
from chenu.sandbox.store import Filter, Record
from chenu.sandbox.unit import Unit


@ROUTES.get("/v1/invoices")
def list_all(unit: Unit, parameters: Json) -> Json:
    filters = equal(parameters, "customer", "status", "collection_method")
    if "subscription" in parameters:
        filters += equal(
            {"parent.subscription_details.subscription": parameters["subscription"]},
            "parent.subscription_details.subscription",
        )
    return page(unit, "invoice", "/v1/invoices", parameters, filters)


@ROUTES.get("/v1/invoices/{invoice}")
def retrieve(unit: Unit, parameters: Json, invoice: str) -> Record:
    return unit.get("invoice", invoice)


@ROUTES.get("/v1/invoices/{invoice}/lines")
def list_lines(unit: Unit, parameters: Json, invoice: str) -> Json:
    lines = unit.get("invoice", invoice).body["lines"]
    return whole(lines["data"], lines["url"], parameters)


@provides("invoice", "payments")
def _payments(unit: Unit, invoice: Json) -> Json:
    filters = [Filter("invoice", "=", invoice["id"])]
    return page(unit, "invoice_payment", "/v1/invoice_payments", {}, filters)


@ROUTES.get("/v1/invoice_payments")
def list_payments(unit: Unit, parameters: Json) -> Json:
    filters = equal(parameters, "invoice", "status")
    payment = parameters.get("payment") or {}
    if payment.get("type") == "payment_intent" and "payment_intent" in payment:
        filters.append(Filter("payment.payment_intent", "=", payment["payment_intent"]))
    return page(unit, "invoice_payment", "/v1/invoice_payments", parameters, filters)


@ROUTES.get("/v1/invoice_payments/{invoice_payment}")
def retrieve_payment(unit: Unit, parameters: Json, invoice_payment: str) -> Record:
    return unit.get("invoice_payment", invoice_payment)
