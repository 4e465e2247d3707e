"""Deliveries and the log of their attempts, as accounts and staff read them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from chenu.core import db
from chenu.core.errors import NotFound
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest, by_id
from chenu.core.rows import Columns
from chenu.webhooks.model import (
    AttemptError,
    DeliveryId,
    DeliveryState,
    EndpointId,
    EventId,
    EventKind,
)
from chenu.webhooks.tables import WebhookAttempt


class DeliveryRow(msgspec.Struct, frozen=True):
    """An event for an endpoint, with both. `occurred_at` is business time, the others system time.

    `payload` is the text that is sent; `attempts` counts all. Of lower `position` is sent first.
    """

    id: DeliveryId
    endpoint_id: EndpointId
    account_id: UUID
    url: str
    event_id: EventId
    kind: EventKind
    payload: str
    state: DeliveryState
    position: int
    attempts: int
    occurred_at: datetime
    created_at: datetime
    delivered_at: datetime | None


class AttemptRow(msgspec.Struct, frozen=True):
    """`status` is of HTTP, None without an answer; `error` says why. `answer`: its beginning."""

    id: UUID
    delivery_id: DeliveryId
    attempted_at: datetime
    status: int | None
    error: AttemptError
    milliseconds: int
    answer: str


_NEWEST_FIRST = by_id("d.id")
_SELECT = """
    SELECT d.id, d.endpoint AS endpoint_id, n.account AS account_id, n.url, d.event AS event_id,
        e.kind, e.payload, d.state, d.position, e.occurred_at, d.created_at, d.delivered_at,
        (SELECT count(*) FROM webhook_attempt a WHERE a.delivery = d.id) AS attempts
    FROM webhook_delivery d
    JOIN outgoing_event e ON e.id = d.event
    JOIN webhook_endpoint n ON n.id = d.endpoint
"""
_ATTEMPTS = Columns(AttemptRow, WebhookAttempt, delivery_id="delivery")


async def list_deliveries(endpoint_id: EndpointId, page: PageRequest) -> Page[DeliveryRow]:
    """The newest first."""
    return await fetch_page(
        DeliveryRow, _SELECT, "d.endpoint = $1", endpoint_id, page=page, order=_NEWEST_FIRST
    )


async def list_recent_deliveries(
    page: PageRequest, state: DeliveryState | None = None
) -> Page[DeliveryRow]:
    """Of all accounts, the newest first: for staff, whose right the caller has checked."""
    if state is None:
        return await fetch_page(DeliveryRow, _SELECT, "true", page=page, order=_NEWEST_FIRST)
    return await fetch_page(
        DeliveryRow, _SELECT, "d.state = $1", state, page=page, order=_NEWEST_FIRST
    )


async def get_any_delivery(delivery_id: DeliveryId, *, lock: bool = False) -> DeliveryRow:
    """Of whatever account: for staff. Raises NotFound."""
    suffix = " FOR NO KEY UPDATE OF d" if lock else ""
    sql = f"{_SELECT} WHERE d.id = $1{suffix}"
    found = await db.find_one(DeliveryRow, sql, delivery_id)
    if found is None:
        raise NotFound("There is no such delivery: events are stored for 30 days")
    return found


async def get_delivery(endpoint_id: EndpointId, delivery_id: DeliveryId) -> DeliveryRow:
    """Raises NotFound, also for another endpoint's."""
    sql = f"{_SELECT} WHERE d.id = $1 AND d.endpoint = $2"
    found = await db.find_one(DeliveryRow, sql, delivery_id, endpoint_id)
    if found is None:
        raise NotFound("There is no such delivery: events are stored for 30 days")
    return found


async def list_attempts(delivery_ids: Sequence[DeliveryId]) -> list[AttemptRow]:
    """Of these deliveries, the newest first."""
    sql = f"""
        SELECT {_ATTEMPTS.select()} FROM webhook_attempt
        WHERE delivery = ANY($1) ORDER BY id DESC
    """  # noqa: S608 - own columns
    return await db.fetch_all(AttemptRow, sql, list(delivery_ids))


async def count_held(endpoint_id: EndpointId) -> int:
    """At most 1,001: more are not counted."""
    sql = """
        SELECT count(*) FROM (SELECT 1 FROM webhook_delivery
            WHERE endpoint = $1 AND state = 'HELD' LIMIT 1001) counted
    """
    return int(await db.fetch_value(sql, endpoint_id))


async def send_once_more(delivery_id: DeliveryId) -> None:
    """At the end of the endpoint's row, unless it waits already. In the caller's transaction."""
    sql = """
        UPDATE webhook_delivery SET state = 'WAITING', delivered_at = NULL,
            position = nextval('webhook_delivery_position_seq')
        WHERE id = $1 AND state <> 'WAITING'
    """
    await db.execute(sql, delivery_id)


async def send_held(endpoint_id: EndpointId) -> None:
    """All that is held, in its order and before anything newer."""
    sql = "UPDATE webhook_delivery SET state = 'WAITING' WHERE endpoint = $1 AND state = 'HELD'"
    await db.execute(sql, endpoint_id)
