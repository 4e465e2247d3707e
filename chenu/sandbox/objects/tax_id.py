"""Tax ids of customers: their format is checked at once, their registration a minute later."""

import re

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.scheduler import task
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork

_VERIFICATION_SECONDS = 60
_VERIFIABLE = ("au_abn", "eu_vat", "gb_vat")
_EU_FORMATS = {
    "AT": r"U\d{8}",
    "BE": r"[01]\d{9}",
    "BG": r"\d{9,10}",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "EL": r"\d{9}",
    "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}",
    "FR": r"[A-Z0-9]{2}\d{9}",
    "HR": r"\d{11}",
    "HU": r"\d{8}",
    "IE": r"\d[A-Z0-9]\d{5}[A-Z]{1,2}",
    "IT": r"\d{11}",
    "LT": r"\d{9}(\d{3})?",
    "LU": r"\d{8}",
    "LV": r"\d{11}",
    "MT": r"\d{8}",
    "NL": r"[A-Z0-9]{9}B\d{2}",
    "PL": r"\d{10}",
    "PT": r"\d{9}",
    "RO": r"\d{2,10}",
    "SE": r"\d{12}",
    "SI": r"\d{8}",
    "SK": r"\d{10}",
    "XI": r"\d{9}(\d{3})?",
}
_OUTCOMES = {"000000000": "verified", "111111111": "unverified", "222222222": "pending"}
"""Stripe's test values, by how an id ends."""


def new_tax_id(unit: UnitOfWork, parameters: Json, customer: Record | None) -> Record:
    """Create, and announce that of a customer. Raises ApiError for a value of another format."""
    if customer is not None:
        unit = unit.on_clock_of(customer)
    kind, value = parameters["type"], parameters["value"].replace(" ", "").upper()
    body = shapes.new(
        "tax_id",
        id=unit.new_id("tax_id"),
        country=country_of_tax_id(kind, value),
        created=unit.now,
        type=kind,
        value=value,
    )
    if customer is not None:
        body["customer"] = customer.id
        body["owner"] = {"customer": customer.id, "customer_account": None, "type": "customer"}
        body["verification"] = {
            "status": "pending" if kind in _VERIFIABLE else "unavailable",
            "verified_address": None,
            "verified_name": None,
        }
    record = unit.create("tax_id", body)
    if customer is not None:
        unit.emit("customer.tax_id.created", record.body)
        if kind in _VERIFIABLE:
            unit.schedule(unit.now + _VERIFICATION_SECONDS, "verify_tax_id", record.id)
    return record


def country_of_tax_id(kind: str, value: str) -> str:
    """Raises ApiError for a VAT number of another format."""
    if kind != "eu_vat":
        return kind[:2].upper()
    expected = _EU_FORMATS.get(value[:2])
    if expected is None or not re.fullmatch(expected, value[2:]):
        raise ApiError(
            f"Invalid value for {kind}. Write it with the letters of its country, such as"
            " DE123456789.",
            code="tax_id_invalid",
            param="value",
        )
    return "GR" if value[:2] == "EL" else value[:2]


@task("verify_tax_id")
def _verify(unit: UnitOfWork, tax_id: str) -> None:
    """No register is asked: what is not one of Stripe's test values is not found."""
    record = unit.find("tax_id", tax_id)
    if record is None:
        return
    status = _OUTCOMES.get(record.body["value"][-9:], "unverified")
    customer = unit.find("customer", record.body["customer"])
    with unit.change(record, "customer.tax_id.updated") as body:
        body["verification"] = {
            "status": status,
            "verified_address": None,
            "verified_name": customer.body["name"] if customer and status == "verified" else None,
        }


def delete_tax_id(unit: UnitOfWork, record: Record) -> None:
    """It stays on the invoices that were made with it."""
    unit.store.delete(record)
    if record.body["customer"]:
        unit.on_clock_of(record).emit("customer.tax_id.deleted", record.body)


def tax_ids_of(unit: UnitOfWork, customer_id: str) -> list[Json]:
    """As invoices show them, oldest first."""
    records = unit.store.select(
        "tax_id", unit.account, [Filter("customer", "=", customer_id)], oldest_first=True
    )
    return [{"type": one.body["type"], "value": one.body["value"]} for one in records]
