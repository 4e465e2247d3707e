"""Configurations of the customer portal: which of its features are on."""

from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import Refused, unsupported
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import apply

KIND = "billing_portal.configuration"
_PLAIN = ("active", "default_return_url", "name")


def new_configuration(unit: UnitOfWork, given: Json) -> Record:
    body = shapes.new(KIND, id=unit.new_id(KIND), created=unit.now)
    record = unit.create(KIND, body, internal={"products": []})
    _fill(unit, record, body, given)
    unit.save(record)
    unit.emit(f"{KIND}.created", record.body)
    return record


def change_configuration(unit: UnitOfWork, record: Record, given: Json) -> None:
    with unit.change(record, f"{KIND}.updated") as body:
        _fill(unit, record, body, given)


def _fill(unit: UnitOfWork, record: Record, body: Json, given: Json) -> None:
    """Write the parameters into the body. Raises ApiError."""
    features = given.get("features") or {}
    if (features.get("subscription_pause") or {}).get("enabled"):
        raise unsupported("pauses in the portal", "features[subscription_pause]")
    if (given.get("login_page") or {}).get("enabled"):
        raise unsupported("the login page of the portal", "login_page[enabled]")
    apply(body, given, _PLAIN)
    apply(body["business_profile"], given.get("business_profile") or {}, body["business_profile"])
    for name, wanted in features.items():
        _fill_feature(body["features"][name], wanted)
    _check(body["features"])
    update = features.get("subscription_update") or {}
    if "products" in update:
        _check_products(unit, update["products"] or [])
        record.internal["products"] = update["products"] or []
    body["updated"] = unit.now


def _fill_feature(feature: Json, wanted: Json) -> None:
    """What is not named stays as it is; an empty text clears a list."""
    for name, value in wanted.items():
        if name == "products":
            continue
        if isinstance(value, dict):
            _fill_feature(feature[name], value)
        else:
            cleared: object = [] if isinstance(feature[name], list) else None
            feature[name] = cleared if value == "" else value


def _check(features: Json) -> None:
    update = features["customer_update"]
    if update["enabled"] and not update["allowed_updates"]:
        raise Refused(
            "allowed_updates cannot be empty while customer_update is enabled.",
            code="parameter_missing",
            param="features[customer_update][allowed_updates]",
        )


def _check_products(unit: UnitOfWork, products: list[Json]) -> None:
    where = "features[subscription_update][products]"
    for place, one in enumerate(products):
        unit.get("product", one["product"], param=f"{where}[{place}][product]")
        for number, price_id in enumerate(one["prices"]):
            name = f"{where}[{place}][prices][{number}]"
            price = unit.get("price", price_id, param=name)
            if price.body["product"] != one["product"]:
                raise Refused("The price belongs to another product.", param=name)
