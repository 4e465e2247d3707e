"""Prices: amounts never change, lookup keys can move."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import ApiError
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import apply, refuse_unsupported
from chenu.sandbox.objects.price import PRICE_FIELDS, claim_lookup_key, new_price
from chenu.sandbox.objects.product import announce_product, new_product

_MOST_KEYS = 10
_SUPPORTED = (
    *PRICE_FIELDS,
    "billing_scheme",
    "currency",
    "lookup_key",
    "product",
    "product_data",
    "recurring",
    "transfer_lookup_key",
    "unit_amount",
    "unit_amount_decimal",
)


@ROUTES.post("/v1/prices")
def create(unit: UnitOfWork, parameters: Json) -> Record:
    refuse_unsupported(parameters, _SUPPORTED, "prices.create")
    if parameters.get("billing_scheme") == "tiered":
        refuse_unsupported(parameters, set(_SUPPORTED) - {"billing_scheme"}, "prices.create")
    return new_price(unit, parameters, _product(unit, parameters))


def _product(unit: UnitOfWork, parameters: Json) -> Record:
    if "product" in parameters:
        return unit.get("product", parameters["product"], param="product")
    return announce_product(unit, new_product(unit, parameters["product_data"]))


@ROUTES.get("/v1/prices")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    keys = parameters.get("lookup_keys")
    if keys is not None and len(keys) > _MOST_KEYS:
        raise ApiError(f"At most {_MOST_KEYS} lookup keys are possible.", param="lookup_keys")
    filters = [] if keys is None else [Filter("lookup_key", "IN", keys)]
    recurring = parameters.get("recurring") or {}
    filters += [Filter(f"recurring.{name}", "=", value) for name, value in recurring.items()]
    return page(
        unit,
        "price",
        "/v1/prices",
        parameters,
        filters,
        by=("active", "currency", "product", "type"),
        handled=("lookup_keys", "recurring"),
    )


@ROUTES.get("/v1/prices/{price}")
def retrieve(unit: UnitOfWork, parameters: Json, price: str) -> Record:
    return unit.get("price", price)


@ROUTES.post("/v1/prices/{price}")
def update(unit: UnitOfWork, parameters: Json, price: str) -> Record:
    refuse_unsupported(
        parameters, (*PRICE_FIELDS, "lookup_key", "transfer_lookup_key"), "prices.update"
    )
    record = unit.get("price", price)
    behavior = parameters.get("tax_behavior")
    if behavior and record.body["tax_behavior"] not in ("unspecified", behavior):
        raise ApiError(
            "You cannot change the tax_behavior of a price once it is set.", param="tax_behavior"
        )
    with unit.change(record, "price.updated") as body:
        apply(body, parameters, PRICE_FIELDS)
        claim_lookup_key(unit, body, parameters)
    return record
