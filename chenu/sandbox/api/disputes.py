"""Disputes, read only: the control room opens and closes them."""

from chenu.sandbox.json_types import Json
from chenu.sandbox.lists import page
from chenu.sandbox.routing import ROUTES
from chenu.sandbox.store import Record
from chenu.sandbox.unit import UnitOfWork


@ROUTES.get("/v1/disputes")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    return page(unit, "dispute", "/v1/disputes", parameters, by=("charge", "payment_intent"))


@ROUTES.get("/v1/disputes/{dispute}")
def retrieve(unit: UnitOfWork, parameters: Json, dispute: str) -> Record:
    return unit.get("dispute", dispute)
