"""Webhook endpoints: receivers of snapshot events."""

from chenu.sandbox.api.lists import page
from chenu.sandbox.api.routing import ROUTES
from chenu.sandbox.config import API_VERSION
from chenu.sandbox.contract import shapes
from chenu.sandbox.engine.errors import Refused
from chenu.sandbox.engine.json_types import Json
from chenu.sandbox.engine.store import Record
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from chenu.sandbox.objects.parameters import apply, check_url, deleted

_MOST_ENDPOINTS = 16
_NOUN = "webhook endpoint"


@ROUTES.post("/v1/webhook_endpoints")
def create(unit: UnitOfWork, parameters: Json) -> Json:
    """The only answer that carries the secret."""
    if parameters.get("api_version", API_VERSION) != API_VERSION:
        raise Refused(f"This sandbox only sends events of {API_VERSION}.", param="api_version")
    check_url(parameters["url"], "url")
    if len(unit.store.select("webhook_endpoint", unit.account)) >= _MOST_ENDPOINTS:
        raise Refused(f"You have reached the maximum of {_MOST_ENDPOINTS} test webhook endpoints.")
    secret = "whsec_" + unit.token()
    body = shapes.new("webhook_endpoint", id=unit.new_id("webhook_endpoint"), created=unit.now)
    apply(body, parameters, ("api_version", "description", "enabled_events", "url"))
    connect = parameters.get("connect", False)
    record = unit.create(
        "webhook_endpoint", body, internal={"connect": connect, "secrets": [secret]}
    )
    return {**record.body, "secret": secret}


@ROUTES.get("/v1/webhook_endpoints")
def list_all(unit: UnitOfWork, parameters: Json) -> Json:
    return page(unit, "webhook_endpoint", "/v1/webhook_endpoints", parameters, noun=_NOUN)


@ROUTES.get("/v1/webhook_endpoints/{endpoint}")
def retrieve(unit: UnitOfWork, parameters: Json, endpoint: str) -> Record:
    return unit.get("webhook_endpoint", endpoint)


@ROUTES.post("/v1/webhook_endpoints/{endpoint}")
def update(unit: UnitOfWork, parameters: Json, endpoint: str) -> Record:
    record = unit.get("webhook_endpoint", endpoint)
    if "url" in parameters:
        check_url(parameters["url"], "url")
    with unit.change(record) as body:
        apply(body, parameters, ("description", "enabled_events", "url"))
        if "disabled" in parameters:
            body["status"] = "disabled" if parameters["disabled"] else "enabled"
    return record


@ROUTES.delete("/v1/webhook_endpoints/{endpoint}")
def delete(unit: UnitOfWork, parameters: Json, endpoint: str) -> Json:
    unit.store.delete(unit.get("webhook_endpoint", endpoint))
    return deleted("webhook_endpoint", endpoint)
