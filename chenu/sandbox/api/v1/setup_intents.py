"""SetupIntents, read: Checkout makes them."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork


@ROUTES.get("/v1/setup_intents")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    by = ("customer", "payment_method")
    return page(unit, "setup_intent", "/v1/setup_intents", parameters, by=by)


@ROUTES.get("/v1/setup_intents/{setup_intent}")
def retrieve(unit: UnitOfWork, parameters: Json, setup_intent: str) -> Record:
    return unit.get("setup_intent", setup_intent, noun="setupintent")
