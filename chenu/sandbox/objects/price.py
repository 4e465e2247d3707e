"""Prices, made by their own call and by those that describe one inline."""

from decimal import Decimal

from chenu.sandbox.config import CURRENCY
from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import apply, check_currency, check_largest

PRICE_FIELDS = ("active", "nickname", "tax_behavior")


def new_price(unit: UnitOfWork, parameters: Json, product: Record) -> Record:
    """Create and announce; an ad-hoc price of a Checkout line is made by `describe_price`."""
    body = describe_price(unit, parameters, product.id)
    apply(body, parameters, PRICE_FIELDS)
    claim_lookup_key(unit, body, parameters)
    price = unit.create("price", body)
    unit.emit("price.created", price.body)
    return price


def describe_price(unit: UnitOfWork, parameters: Json, product_id: str) -> Json:
    """The body of a price, not stored. Raises ApiError for an unsupported currency or amount."""
    check_currency(parameters["currency"])
    amount = _amount(parameters)
    recurring = parameters.get("recurring")
    body = shapes.new(
        "price",
        id=unit.new_id("price"),
        created=unit.now,
        currency=CURRENCY,
        product=product_id,
        type="recurring" if recurring else "one_time",
        unit_amount=amount,
        unit_amount_decimal=str(amount),
    )
    if recurring:
        body["recurring"] = {
            "interval": recurring["interval"],
            "interval_count": recurring.get("interval_count", 1),
            "meter": None,
            "trial_period_days": recurring.get("trial_period_days"),
            "usage_type": recurring.get("usage_type", "licensed"),
        }
    return body


def _amount(parameters: Json) -> int:
    """The amount in whole cents; fractions of a cent are not supported."""
    if "unit_amount" in parameters:
        amount, name = parameters["unit_amount"], "unit_amount"
    else:
        name = "unit_amount_decimal"
        exact = Decimal(parameters[name])
        amount = int(exact)
        if amount != exact:
            raise ApiError("This sandbox only supports prices of whole cents.", param=name)
    if amount < 0:
        raise ApiError(
            "This value must be greater than or equal to 0.",
            code="parameter_invalid_integer",
            param=name,
        )
    check_largest(amount, name)
    return int(amount)


def claim_lookup_key(unit: UnitOfWork, body: Json, parameters: Json) -> None:
    """Give the price a lookup key. Only one price can hold it: see `transfer_lookup_key`."""
    key = parameters.get("lookup_key")
    if not key or body["lookup_key"] == key:
        return
    for holder in unit.store.select("price", unit.account, [Filter("lookup_key", "=", key)]):
        if not parameters.get("transfer_lookup_key"):
            raise ApiError(
                f"A price (`{holder.id}`) already uses that lookup key. Give"
                " transfer_lookup_key=true to move it.",
                code="resource_already_exists",
                param="lookup_key",
            )
        with unit.change(holder, "price.updated") as old:
            old["lookup_key"] = None
    body["lookup_key"] = key
