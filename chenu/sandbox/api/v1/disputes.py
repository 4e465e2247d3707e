"""Disputes: opened by cards and by the control room, answered here."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.dispute import accept, give_evidence
from chenu.sandbox.objects.parameters import refuse_unsupported


@ROUTES.get("/v1/disputes")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    return page(unit, "dispute", "/v1/disputes", parameters, by=("charge", "payment_intent"))


@ROUTES.get("/v1/disputes/{dispute}")
def retrieve(unit: UnitOfWork, parameters: Json, dispute: str) -> Record:
    return unit.get("dispute", dispute)


@ROUTES.post("/v1/disputes/{dispute}")
def update(unit: UnitOfWork, parameters: Json, dispute: str) -> Record:
    refuse_unsupported(parameters, ("evidence", "submit"), "disputes.update")
    record = unit.get("dispute", dispute)
    give_evidence(unit, record, parameters)
    return record


@ROUTES.post("/v1/disputes/{dispute}/close")
def close(unit: UnitOfWork, parameters: Json, dispute: str) -> Record:
    record = unit.get("dispute", dispute)
    accept(unit, record)
    return record
