"""Event destinations of API v2: receivers of thin events, or of snapshot events."""

from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.api.v2_lists import v2_page
from chenu.sandbox.config import API_VERSION
from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.clock import rfc3339
from chenu.sandbox.engine.errors import Refused, unsupported
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.thin_events import emit_thin
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import apply, check_url

_KIND = "v2.core.event_destination"
_SCOPES = ("@self", "@accounts")


@ROUTES.post("/v2/core/event_destinations")
def create(unit: UnitOfWork, parameters: Json) -> Json:
    _check(parameters)
    url, secret = parameters["webhook_endpoint"]["url"], "whsec_" + unit.token()
    body = shapes.new(
        _KIND,
        id=unit.new_id(_KIND),
        created=rfc3339(unit.now),
        updated=rfc3339(unit.now),
        webhook_endpoint={"signing_secret": None, "url": None},
    )
    apply(
        body,
        parameters,
        ("enabled_events", "event_payload", "events_from", "name", "snapshot_api_version"),
    )
    body["description"] = parameters.get("description", "")
    record = unit.create(_KIND, body, internal={"secrets": [secret], "url": url})
    return _shown(record, parameters)


def _check(parameters: Json) -> None:
    if parameters["type"] != "webhook_endpoint":
        raise unsupported(f"event destinations of type {parameters['type']}", "type")
    if "webhook_endpoint" not in parameters:
        raise Refused("webhook_endpoint is required for this type", param="webhook_endpoint")
    check_url(parameters["webhook_endpoint"]["url"], "webhook_endpoint.url")
    thin = parameters["event_payload"] == "thin"
    version = parameters.get("snapshot_api_version")
    if thin and version is not None:
        raise Refused("Thin events have no version", param="snapshot_api_version")
    if not thin and version != API_VERSION:
        raise Refused(
            f"This sandbox only sends snapshots of {API_VERSION}", param="snapshot_api_version"
        )
    for scope in parameters.get("events_from") or []:
        if scope not in _SCOPES:
            raise unsupported(f"events from {scope}", "events_from")


def _shown(record: Record, parameters: Json) -> Json:
    """URL and secret are null unless the request includes them."""
    include = parameters.get("include") or []
    secret, url = record.internal["secrets"][-1], record.internal["url"]
    return {
        **record.body,
        "webhook_endpoint": {
            "signing_secret": secret if "webhook_endpoint.signing_secret" in include else None,
            "url": url if "webhook_endpoint.url" in include else None,
        },
    }


@ROUTES.get("/v2/core/event_destinations")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    return v2_page(
        unit,
        _KIND,
        "/v2/core/event_destinations",
        parameters,
        show=lambda record: _shown(record, parameters),
    )


@ROUTES.get("/v2/core/event_destinations/{destination}")
def retrieve(unit: UnitOfWork, parameters: Json, destination: str) -> Json:
    return _shown(_get(unit, destination), parameters)


def _get(unit: UnitOfWork, destination_id: str) -> Record:
    return unit.get(_KIND, destination_id, noun="event destination")


@ROUTES.post("/v2/core/event_destinations/{destination}")
def update(unit: UnitOfWork, parameters: Json, destination: str) -> Json:
    record = _get(unit, destination)
    url = (parameters.get("webhook_endpoint") or {}).get("url")
    if url is not None:
        check_url(url, "webhook_endpoint.url")
        record.internal["url"] = url
    with unit.change(record) as body:
        apply(body, parameters, ("description", "enabled_events", "name"))
        body["updated"] = rfc3339(unit.now)
    return _shown(record, parameters)


@ROUTES.delete("/v2/core/event_destinations/{destination}")
def delete(unit: UnitOfWork, parameters: Json, destination: str) -> Json:
    unit.store.delete(_get(unit, destination))
    return {"id": destination, "object": _KIND, "deleted": True}


@ROUTES.post("/v2/core/event_destinations/{destination}/disable")
def disable(unit: UnitOfWork, parameters: Json, destination: str) -> Json:
    record = _get(unit, destination)
    with unit.change(record) as body:
        body |= {"status": "disabled", "status_details": {"disabled": {"reason": "user"}}}
    return _shown(record, parameters)


@ROUTES.post("/v2/core/event_destinations/{destination}/enable")
def enable(unit: UnitOfWork, parameters: Json, destination: str) -> Json:
    record = _get(unit, destination)
    with unit.change(record) as body:
        body |= {"status": "enabled", "status_details": None}
    return _shown(record, parameters)


@ROUTES.post("/v2/core/event_destinations/{destination}/ping")
def ping(unit: UnitOfWork, parameters: Json, destination: str) -> Json:
    """Sends `v2.core.event_destination.ping` to this destination only."""
    _get(unit, destination)
    related = {
        "id": destination,
        "type": _KIND,
        "url": f"/v2/core/event_destinations/{destination}",
    }
    event = emit_thin(unit, "v2.core.event_destination.ping", related=related, receiver=destination)
    return event.body
