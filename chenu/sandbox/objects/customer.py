"""Customers, made by their own call and by Checkout."""

import re

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError, missing
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import apply, postal_address

_PLAIN = ("balance", "description", "email", "name", "phone", "preferred_locales", "tax_exempt")
_SETTINGS = ("custom_fields", "default_payment_method", "footer", "rendering_options")
CUSTOMER_FIELDS = (*_PLAIN, "address", "invoice_prefix", "invoice_settings", "shipping")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def new_customer(unit: UnitOfWork, parameters: Json) -> Record:
    """Store a customer on the clock of the unit of work, without an event."""
    body = shapes.new(
        "customer",
        id=unit.new_id("customer"),
        created=unit.now,
        invoice_prefix=unit.token(8).upper(),
        test_clock=unit.test_clock or None,
    )
    fill_customer(unit, body, parameters)
    return unit.create("customer", body)


def remove_customer(unit: UnitOfWork, customer: Record) -> None:
    """Delete and announce one without subscriptions; it can still be retrieved as a stub."""
    unit.on_clock_of(customer).emit("customer.deleted", customer.body)
    unit.store.rename(customer, "deleted_customer")


def get_customer(unit: UnitOfWork, customer_id: str, param: str = "customer") -> Record:
    """Raises ApiError, also for a deleted one."""
    record = unit.find("customer", customer_id)
    if record is None:
        raise missing("customer", customer_id, param)
    return record


def forget_card(unit: UnitOfWork, customer: Record, method_id: str) -> None:
    """A card that was detached is nobody's default."""
    if customer.body["invoice_settings"]["default_payment_method"] == method_id:
        with unit.change(customer, "customer.updated") as body:
            body["invoice_settings"]["default_payment_method"] = None


def fill_customer(unit: UnitOfWork, body: Json, parameters: Json) -> None:
    """Write the parameters into the body; raises ApiError."""
    email = parameters.get("email")
    if email and not _EMAIL.fullmatch(email):
        raise ApiError(f"Invalid email address: {email}", code="email_invalid", param="email")
    apply(body, parameters, _PLAIN)
    body["preferred_locales"] = body["preferred_locales"] or []
    if "address" in parameters:
        body["address"] = postal_address(parameters["address"])
    if "shipping" in parameters:
        body["shipping"] = _shipping(parameters["shipping"])
    if "invoice_settings" in parameters:
        _fill_invoice_settings(unit, body, parameters["invoice_settings"])
    if parameters.get("invoice_prefix"):
        body["invoice_prefix"] = parameters["invoice_prefix"]


def _shipping(given: object) -> Json | None:
    if not isinstance(given, dict):
        return None
    return {
        "address": postal_address(given.get("address")),
        "carrier": None,
        "name": given.get("name"),
        "phone": given.get("phone"),
        "tracking_number": None,
    }


def _fill_invoice_settings(unit: UnitOfWork, body: Json, given: Json) -> None:
    method_id = given.get("default_payment_method")
    if method_id:
        method = unit.get("payment_method", method_id, noun="PaymentMethod")
        if method.body["customer"] != body["id"]:
            raise ApiError(
                f"The customer does not have a payment method with the ID {method_id}.",
                param="invoice_settings[default_payment_method]",
            )
    apply(body["invoice_settings"], given, _SETTINGS)
