"""Disputes, read only: the control room opens and closes them."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork


@ROUTES.get("/v1/disputes")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    return page(unit, "dispute", "/v1/disputes", parameters, by=("charge", "payment_intent"))


@ROUTES.get("/v1/disputes/{dispute}")
def retrieve(unit: UnitOfWork, parameters: Json, dispute: str) -> Record:
    return unit.get("dispute", dispute)
