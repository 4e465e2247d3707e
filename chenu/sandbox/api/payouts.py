"""Payouts: made by the clock, read here."""

from chenu.sandbox import payouts as payouts  # importing it registers its tasks
from chenu.sandbox.json_types import Json
from chenu.sandbox.lists import page, ranged
from chenu.sandbox.routing import ROUTES
from chenu.sandbox.store import Record
from chenu.sandbox.unit import UnitOfWork


@ROUTES.get("/v1/payouts")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    return page(
        unit,
        "payout",
        "/v1/payouts",
        parameters,
        ranged(parameters, "arrival_date"),
        by=("status", "destination"),
        handled=("arrival_date",),
    )


@ROUTES.get("/v1/payouts/{payout}")
def retrieve(unit: UnitOfWork, parameters: Json, payout: str) -> Record:
    return unit.get("payout", payout)
