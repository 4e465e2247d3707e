"""Endpoints of people for tests, by the product's own functions."""

from datetime import datetime

from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.ids import new_id
from chenu.flows.services import Services
from chenu.flows.webhooks.endpoints import CreatedEndpoint, EndpointInput, create_endpoint
from chenu.webhooks.endpoints import EndpointRow, get_endpoint
from chenu.webhooks.model import CHOSEN_KINDS, EventKind
from chenu.webhooks.outgoing import queue_event
from chenu.webhooks.payloads import ApiKeyRevoked
from tests.people import Person
from tests.rows import put

EVERYTHING = tuple(kind.value for kind in CHOSEN_KINDS)
NOWHERE = "http://127.0.0.1:9/hook"
"""A url where nobody listens, on the machine of the tests."""


async def listen(
    services: Services, person: Person, url: str = NOWHERE, kinds: tuple[str, ...] = EVERYTHING
) -> CreatedEndpoint:
    return await create_endpoint(services, person.actor, EndpointInput(url, kinds))


async def happen(person: Person, name: str, *, key: str = "") -> None:
    """Something that the person's account hears of, by a prefix as its name."""
    data = ApiKeyRevoked(api_key="x", prefix=name, is_leaked=False, revoked_at=system_now())
    account_id = person.actor.account_id
    assert account_id is not None
    await queue_event(account_id, key or f"made-up:{new_id()}", data)


async def now_of(endpoint: EndpointRow) -> EndpointRow:
    return await get_endpoint(endpoint.account_id, endpoint.id)


async def make_due(endpoint: EndpointRow) -> datetime:
    """When it would have been tried; it is due from now on."""
    waited = (await now_of(endpoint)).next_attempt_at
    await put("webhook_endpoint", "next_attempt_at", system_now(), "id = $2", endpoint.id)
    return waited


async def list_heard() -> list[tuple[str, str]]:
    """Kind and payload of all events, the oldest first."""
    records = await db.fetch_records("SELECT kind, payload FROM outgoing_event ORDER BY id")
    return [(record["kind"], record["payload"]) for record in records]


async def count_of(kind: EventKind) -> int:
    sql = "SELECT count(*) FROM outgoing_event WHERE kind = $1"
    return int(await db.fetch_value(sql, kind.value))
