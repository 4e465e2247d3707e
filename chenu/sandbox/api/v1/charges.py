"""Charges: made by PaymentIntents, read here."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import apply, refuse_unsupported

_CHANGEABLE = ("description", "receipt_email", "transfer_group")


@ROUTES.get("/v1/charges")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    by = ("customer", "payment_intent", "transfer_group")
    return page(unit, "charge", "/v1/charges", parameters, by=by)


@ROUTES.get("/v1/charges/{charge}")
def retrieve(unit: UnitOfWork, parameters: Json, charge: str) -> Record:
    return unit.get("charge", charge)


@ROUTES.post("/v1/charges/{charge}")
def update(unit: UnitOfWork, parameters: Json, charge: str) -> Record:
    refuse_unsupported(parameters, _CHANGEABLE, "charges.update")
    record = unit.get("charge", charge)
    with unit.on_clock_of(record).change(record, "charge.updated") as body:
        apply(body, parameters, _CHANGEABLE)
    return record
