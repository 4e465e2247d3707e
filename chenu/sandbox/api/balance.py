"""Balances and their transactions."""

from chenu.sandbox.json_types import Json
from chenu.sandbox.ledger import balance_body
from chenu.sandbox.lists import equal, page
from chenu.sandbox.routing import ROUTES
from chenu.sandbox.store import Record
from chenu.sandbox.unit import Unit


@ROUTES.get("/v1/balance")
def retrieve(unit: Unit, parameters: Json) -> Json:
    return balance_body(unit)


@ROUTES.get("/v1/balance_transactions")
def list_transactions(unit: Unit, parameters: Json) -> Json:
    filters = equal(parameters, "source", "type", "currency")
    if "payout" in parameters:
        filters += equal({"source": parameters["payout"]}, "source")
    return page(unit, "balance_transaction", "/v1/balance_transactions", parameters, filters)


@ROUTES.get("/v1/balance_transactions/{transaction}")
def retrieve_transaction(unit: Unit, parameters: Json, transaction: str) -> Record:
    return unit.get("balance_transaction", transaction)
