"""Payouts: made by the clock, read here."""

from chenu.sandbox.api.lists import page, range_filters
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects import payout as payout  # importing it registers its tasks


@ROUTES.get("/v1/payouts")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    return page(
        unit,
        "payout",
        "/v1/payouts",
        parameters,
        range_filters(parameters, "arrival_date"),
        by=("status", "destination"),
        handled=("arrival_date",),
    )


@ROUTES.get("/v1/payouts/{payout}")
def retrieve(unit: UnitOfWork, parameters: Json, payout: str) -> Record:
    return unit.get("payout", payout)
