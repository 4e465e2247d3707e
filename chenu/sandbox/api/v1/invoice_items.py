"""Invoice items, read: prorations make them."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork


@ROUTES.get("/v1/invoiceitems")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    pending = parameters.get("pending")
    operator = "IS" if pending else "IS NOT"
    return page(
        unit,
        "invoiceitem",
        "/v1/invoiceitems",
        parameters,
        [] if pending is None else [Filter("invoice", operator, None)],
        by=("customer", "invoice"),
        handled=("pending",),
        noun="invoiceitem",
    )


@ROUTES.get("/v1/invoiceitems/{invoiceitem}")
def retrieve(unit: UnitOfWork, parameters: Json, invoiceitem: str) -> Record:
    return unit.get("invoiceitem", invoiceitem)
