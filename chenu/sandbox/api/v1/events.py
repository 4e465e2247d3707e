"""Events of API v1, which are listed for thirty days of the clock."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.engine.archive import EVENT_RETENTION
from chenu.sandbox.engine.errors import ApiError, Refused, missing
from chenu.sandbox.engine.expand import presents
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Condition, Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork

_MOST_TYPES = 20
_UNDELIVERED = (
    "EXISTS (SELECT 1 FROM deliveries WHERE event = objects.id AND status != 'succeeded')"
)


@ROUTES.get("/v1/events")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    filters: list[Filter | Condition] = [
        Condition(
            "(created > ? OR json_extract(internal, '$.test_clock') IS NOT NULL)",
            (unit.now - EVENT_RETENTION,),
        )
    ]
    if "type" in parameters and "types" in parameters:
        raise ApiError("You may only specify one of these: type, types.", param="types")
    if "type" in parameters:
        filters.append(Filter("type", "LIKE", parameters["type"].replace("*", "%")))
    if "types" in parameters:
        check_types(parameters["types"])
        filters.append(Filter("type", "IN", parameters["types"]))
    if "delivery_success" in parameters:
        wanted = "NOT " if parameters["delivery_success"] else ""
        filters.append(Condition(wanted + _UNDELIVERED))
    handled = ("delivery_success", "type", "types")
    return page(unit, "event", "/v1/events", parameters, filters, handled=handled, show=_present)


def check_types(types: list[str]) -> None:
    if len(types) > _MOST_TYPES:
        raise Refused(f"types has at most {_MOST_TYPES} names", param="types")


@ROUTES.get("/v1/events/{event}")
def retrieve(unit: UnitOfWork, parameters: Json, event: str) -> Record:
    record = unit.get("event", event)
    if record.created <= unit.now - EVENT_RETENTION and "test_clock" not in record.internal:
        raise missing("event", event)
    return record


@presents("event")
def _present(unit: UnitOfWork, event: Record) -> Json:
    waiting = unit.store.value(
        "SELECT COUNT(*) FROM deliveries WHERE event = ? AND status = 'pending'", (event.id,)
    )
    return {**event.body, "pending_webhooks": waiting}
