"""Promotion codes."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.errors import unsupported
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Condition, Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import apply, refuse_unsupported
from chenu.sandbox.objects.promotion_code import new_promotion_code, same_code, set_active

_URL = "/v1/promotion_codes"
_SUPPORTED = (
    "active",
    "code",
    "customer",
    "expires_at",
    "max_redemptions",
    "promotion",
    "restrictions",
)


@ROUTES.post(_URL)
def create(unit: UnitOfWork, parameters: Json) -> Record:
    refuse_unsupported(parameters, _SUPPORTED, "promotion_codes.create")
    return new_promotion_code(unit, parameters)


@ROUTES.get(_URL)
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    filters: list[Filter | Condition] = []
    if "code" in parameters:
        filters.append(same_code(parameters["code"]))
    if "coupon" in parameters:
        filters.append(Filter("promotion.coupon", "=", parameters["coupon"]))
    return page(
        unit,
        "promotion_code",
        _URL,
        parameters,
        filters,
        by=("active", "customer"),
        handled=("code", "coupon"),
    )


@ROUTES.get(_URL + "/{promotion_code}")
def retrieve(unit: UnitOfWork, parameters: Json, promotion_code: str) -> Record:
    return unit.get("promotion_code", promotion_code)


@ROUTES.post(_URL + "/{promotion_code}")
def update(unit: UnitOfWork, parameters: Json, promotion_code: str) -> Record:
    if "restrictions" in parameters:
        raise unsupported("more than one currency", "restrictions")
    record = unit.get("promotion_code", promotion_code)
    with unit.change(record, "promotion_code.updated") as body:
        if "active" in parameters:
            set_active(unit, body, active=parameters["active"])
        apply(body, parameters, ())
    return record
