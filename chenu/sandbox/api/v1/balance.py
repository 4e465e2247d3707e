"""Balances and their transactions."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Condition, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.balance import balance_body


@ROUTES.get("/v1/balance")
def retrieve(unit: UnitOfWork, parameters: Json) -> Json:
    return balance_body(unit)


@ROUTES.get("/v1/balance_transactions")
def list_transactions(unit: UnitOfWork, parameters: Json) -> Json:
    payout = parameters.get("payout")
    return page(
        unit,
        "balance_transaction",
        "/v1/balance_transactions",
        parameters,
        [Condition("json_extract(internal, '$.payout') = ?", (payout,))] if payout else (),
        by=("currency", "source", "type"),
        handled=("payout",),
    )


@ROUTES.get("/v1/balance_transactions/{transaction}")
def retrieve_transaction(unit: UnitOfWork, parameters: Json, transaction: str) -> Record:
    return unit.get("balance_transaction", transaction)
