"""Early fraud warnings, read only."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork

_PATH = "/v1/radar/early_fraud_warnings"


@ROUTES.get(_PATH)
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    by = ("charge", "payment_intent")
    return page(unit, "radar.early_fraud_warning", _PATH, parameters, by=by)


@ROUTES.get(f"{_PATH}/{{early_fraud_warning}}")
def retrieve(unit: UnitOfWork, parameters: Json, early_fraud_warning: str) -> Record:
    return unit.get("radar.early_fraud_warning", early_fraud_warning)
