"""Automatic tax: which rate applies to a customer, and where a call asks for it."""

from collections.abc import Iterable

from chenu.sandbox.engine.errors import ApiError, unsupported
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.tax_amounts import TaxRate, rate_for
from chenu.sandbox.objects.tax_id import tax_ids_of

OFF: Json = {"disabled_reason": None, "enabled": False, "liability": None}


def rate_of(unit: UnitOfWork, customer: Record, price_ids: Iterable[str]) -> TaxRate | None:
    """The rate for a customer; None where their country is not known."""
    return rate_for(
        country_of(customer),
        exempt=customer.body["tax_exempt"],
        vat_countries=[
            one["value"][:2] for one in tax_ids_of(unit, customer.id) if one["type"] == "eu_vat"
        ],
        exclusive_prices=[one for one in price_ids if _is_exclusive(unit, one)],
    )


def _is_exclusive(unit: UnitOfWork, price_id: str) -> bool:
    """Prices in euros that do not say include their tax, as Stripe presets it."""
    price = unit.find("price", price_id)
    return price is not None and price.body["tax_behavior"] == "exclusive"


def country_of(customer: Record) -> str | None:
    country = (customer.body["address"] or {}).get("country")
    return str(country) if country else None


def wants_tax(given: Json) -> bool:
    """Whether the parameter `automatic_tax` is on; raises ApiError for another liable account."""
    wanted = given.get("automatic_tax") or {}
    if (wanted.get("liability") or {}).get("type", "self") != "self":
        raise unsupported("taxes of connected accounts", "automatic_tax[liability]")
    return bool(wanted.get("enabled"))


def check_location(customer: Record) -> None:
    """Raises ApiError for a customer whose country is not known."""
    if country_of(customer) is None:
        raise ApiError(
            "The customer's location isn't recognized. Set a valid customer address in order to"
            " automatically calculate tax.",
            code="customer_tax_location_invalid",
            param="automatic_tax[enabled]",
        )


def of_subscription(*, is_on: bool) -> Json:
    return {**OFF, "enabled": True, "liability": {"type": "self"}} if is_on else dict(OFF)


def of_document(*, is_on: bool, is_known: bool) -> Json:
    """`automatic_tax` of an invoice or of a session."""
    if not is_on:
        return {"enabled": False, "liability": None, "provider": None, "status": None}
    return {
        "enabled": True,
        "liability": {"type": "self"},
        "provider": "stripe",
        "status": "complete" if is_known else "requires_location_inputs",
    }


def tax_of_customer(customer: Record) -> Json:
    """The property `tax` of a customer, which is only shown when expanded."""
    country = country_of(customer)
    location = {"country": country, "source": "billing_address", "state": None}
    return {
        "automatic_tax": "supported" if country else "unrecognized_location",
        "ip_address": None,
        "location": location if country else None,
        "provider": "stripe",
    }
