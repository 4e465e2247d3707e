"""Events of API v2, which are listed for thirty days of the clock."""

from urllib.parse import urlencode

from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.api.v1.events import check_types
from chenu.sandbox.api.v2_lists import query_pairs, v2_limit
from chenu.sandbox.engine.archive import EVENT_RETENTION
from chenu.sandbox.engine.clock import parse_rfc3339, rfc3339
from chenu.sandbox.engine.errors import Refused, missing
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import PLATFORM, Condition, Filter, Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork


@ROUTES.get("/v2/core/events")
def list_thin(unit: UnitOfWork, parameters: Json) -> Json:
    """The next page is named by the time of the last event: no two have the same."""
    limit = v2_limit(parameters)
    filters: list[Filter | Condition] = [
        Filter("created", ">", rfc3339(unit.now - EVENT_RETENTION))
    ]
    types = parameters.get("types")
    if types:
        check_types(types)
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
    return f"/v2/core/events?{urlencode(query_pairs({**parameters, 'created': created}))}"


@ROUTES.get("/v2/core/events/{event}")
def retrieve_thin(unit: UnitOfWork, parameters: Json, event: str) -> Json:
    record = unit.store.find("v2.core.event", event, PLATFORM)
    foreign = record is not None and unit.account not in (PLATFORM, record.body["context"])
    if record is None or foreign or record.body["created"] <= rfc3339(unit.now - EVENT_RETENTION):
        raise missing("event", event)
    return _shown_thin(unit, record)


def _shown_thin(unit: UnitOfWork, event: Record) -> Json:
    if not unit.config.v2_event_details:
        return event.body
    return event.body | {key: value for key, value in event.internal.items() if value is not None}
