"""Events of both API versions, which are listed for thirty days of the clock."""

from urllib.parse import urlencode

from chenu.sandbox.clock import DAY, parse_rfc3339, rfc3339
from chenu.sandbox.errors import ApiError, Refused, missing
from chenu.sandbox.expand import presents
from chenu.sandbox.json_types import Json
from chenu.sandbox.lists import page
from chenu.sandbox.routing import ROUTES
from chenu.sandbox.store import PLATFORM, Condition, Filter, Record
from chenu.sandbox.unit import UnitOfWork
from chenu.sandbox.v2_lists import flat, v2_limit

_RETENTION = 30 * DAY
_MOST_TYPES = 20
_UNDELIVERED = (
    "EXISTS (SELECT 1 FROM deliveries WHERE event = objects.id AND status != 'succeeded')"
)


@ROUTES.get("/v1/events")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    filters: list[Filter | Condition] = [
        Filter("created", ">", unit.now - _RETENTION, is_column=True)
    ]
    if "type" in parameters and "types" in parameters:
        raise ApiError("You may only specify one of these: type, types.", param="types")
    if "type" in parameters:
        filters.append(Filter("type", "LIKE", parameters["type"].replace("*", "%")))
    if "types" in parameters:
        _check_types(parameters["types"])
        filters.append(Filter("type", "IN", parameters["types"]))
    if "delivery_success" in parameters:
        wanted = "NOT " if parameters["delivery_success"] else ""
        filters.append(Condition(wanted + _UNDELIVERED))
    handled = ("delivery_success", "type", "types")
    return page(unit, "event", "/v1/events", parameters, filters, handled=handled, show=_present)


def _check_types(types: list[str]) -> None:
    if len(types) > _MOST_TYPES:
        raise Refused(f"types has at most {_MOST_TYPES} names", param="types")


@ROUTES.get("/v1/events/{event}")
def retrieve(unit: UnitOfWork, parameters: Json, event: str) -> Record:
    record = unit.get("event", event)
    if record.created <= unit.now - _RETENTION:
        raise missing("event", event)
    return record


@presents("event")
def _present(unit: UnitOfWork, event: Record) -> Json:
    waiting = unit.store.value(
        "SELECT COUNT(*) FROM deliveries WHERE event = ? AND status = 'pending'", (event.id,)
    )
    return {**event.body, "pending_webhooks": waiting}


@ROUTES.get("/v2/core/events")
def list_thin(unit: UnitOfWork, parameters: Json) -> Json:
    """The next page is named by the time of the last event: no two have the same."""
    limit = v2_limit(parameters)
    filters: list[Filter | Condition] = [Filter("created", ">", rfc3339(unit.now - _RETENTION))]
    types = parameters.get("types")
    if types:
        _check_types(types)
        filters.append(Filter("type", "IN", types))
    if "object_id" in parameters:
        filters.append(
            Condition(
                "json_extract(internal, '$.related_object.id') = ?", (parameters["object_id"],)
            )
        )
    if unit.account:
        filters.append(Filter("context", "=", unit.account))
    filters += _created(parameters.get("created") or {})
    records = unit.store.select("v2.core.event", PLATFORM, filters, limit=limit + 1)
    more, records = len(records) > limit, records[:limit]
    return {
        "data": [_shown_thin(unit, record) for record in records],
        "next_page_url": _next_url(parameters, records[-1]) if more else None,
        "previous_page_url": None,
    }


def _created(bounds: Json) -> list[Filter]:
    operators = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
    filters = []
    for name, text in bounds.items():
        try:
            moment = rfc3339(*divmod(parse_rfc3339(text), 1000))
        except ValueError as error:
            raise Refused(f"Not a timestamp: {error}", param=f"created.{name}") from error
        filters.append(Filter("created", operators[name], moment))
    return filters


def _next_url(parameters: Json, last: Record) -> str:

    created = {**(parameters.get("created") or {}), "lt": last.body["created"]}
    created.pop("lte", None)
    return f"/v2/core/events?{urlencode(flat({**parameters, 'created': created}))}"


@ROUTES.get("/v2/core/events/{event}")
def retrieve_thin(unit: UnitOfWork, parameters: Json, event: str) -> Json:
    record = unit.store.find("v2.core.event", event, PLATFORM)
    foreign = record is not None and unit.account not in (PLATFORM, record.body["context"])
    if record is None or foreign or record.body["created"] <= rfc3339(unit.now - _RETENTION):
        raise missing("event", event)
    return _shown_thin(unit, record)


def _shown_thin(unit: UnitOfWork, event: Record) -> Json:
    if not unit.config.v2_event_details:
        return event.body
    return event.body | {key: value for key, value in event.internal.items() if value is not None}
