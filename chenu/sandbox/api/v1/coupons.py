"""Coupons."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import unsupported
from chenu.sandbox.engine.expand import provides
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.coupon import check_name, delete_coupon, find_coupon, new_coupon
from chenu.sandbox.objects.parameters import apply, deleted


@ROUTES.post("/v1/coupons")
def create(unit: UnitOfWork, parameters: Json) -> Record:
    return new_coupon(unit, parameters)


@ROUTES.get("/v1/coupons")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    return page(unit, "coupon", "/v1/coupons", parameters)


@ROUTES.get("/v1/coupons/{coupon}")
def retrieve(unit: UnitOfWork, parameters: Json, coupon: str) -> Record:
    return unit.get("coupon", coupon)


@ROUTES.post("/v1/coupons/{coupon}")
def update(unit: UnitOfWork, parameters: Json, coupon: str) -> Record:
    """The terms never change."""
    if "currency_options" in parameters:
        raise unsupported("more than one currency", "currency_options")
    check_name(parameters)
    record = unit.get("coupon", coupon)
    with unit.change(record, "coupon.updated") as body:
        apply(body, parameters, ("name",))
    return record


@ROUTES.delete("/v1/coupons/{coupon}")
def delete(unit: UnitOfWork, parameters: Json, coupon: str) -> Json:
    delete_coupon(unit, unit.get("coupon", coupon))
    return deleted("coupon", coupon)


@provides("coupon", "applies_to")
def _products(unit: UnitOfWork, coupon: Json) -> Json | None:
    record = find_coupon(unit, coupon["id"])
    products = record.internal["products"] if record else None
    return {"products": products} if products else None
