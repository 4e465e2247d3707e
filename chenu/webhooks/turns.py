"""Whose turn it is: one worker at a time sends to an endpoint, its deliveries one after another.

A worker claims an endpoint for a while instead of a lock, since no transaction is open while it
waits for an answer. A worker that dies leaves a claim that expires: its delivery is sent again,
under the same id.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.ids import new_id
from chenu.core.rows import insert, update
from chenu.webhooks.client import STORED_ANSWER, Answer
from chenu.webhooks.endpoints import switch_off
from chenu.webhooks.model import (
    DeliveryId,
    DeliveryState,
    EndpointId,
    EventId,
    EventKind,
    OffReason,
)
from chenu.webhooks.retries import MAX_FAILURES, wait_after
from chenu.webhooks.tables import WebhookAttempt, WebhookDelivery, WebhookEndpoint

LEASE = timedelta(seconds=30)
"""Longer than an attempt can take."""


class Turn(msgspec.Struct, frozen=True):
    """An endpoint that this worker has claimed, by `token`."""

    endpoint_id: EndpointId
    account_id: UUID
    url: str
    token: UUID


class DueDelivery(msgspec.Struct, frozen=True):
    id: DeliveryId
    event_id: EventId
    kind: EventKind
    payload: str


_DUE = """
    state = 'ON' AND next_attempt_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)
"""


class _Id(msgspec.Struct, frozen=True):
    id: EndpointId


async def list_due_endpoints(*, limit: int = 200) -> list[EndpointId]:
    """Those with something to send that nobody is sending, the most overdue first."""
    sql = f"""
        SELECT n.id FROM webhook_endpoint n
        WHERE {_DUE} AND EXISTS
            (SELECT 1 FROM webhook_delivery d WHERE d.endpoint = n.id AND d.state = 'WAITING')
        ORDER BY n.next_attempt_at LIMIT $2
    """  # noqa: S608 - own text
    return [row.id for row in await db.fetch_all(_Id, sql, system_now(), limit)]


async def claim(endpoint_id: EndpointId) -> Turn | None:
    """None where it is not due, or another worker has it."""
    sql = f"""
        UPDATE webhook_endpoint SET claimed_by = $3, claimed_until = $4
        WHERE id = (SELECT id FROM webhook_endpoint WHERE id = $2 AND {_DUE}
            FOR NO KEY UPDATE SKIP LOCKED)
        RETURNING id AS endpoint_id, account AS account_id, url, claimed_by AS token
    """  # noqa: S608 - own text
    now = system_now()
    return await db.find_one(Turn, sql, now, endpoint_id, new_id(), now + LEASE)


async def find_next(turn: Turn) -> DueDelivery | None:
    """The first that waits; None where nothing does, or the turn is over."""
    sql = """
        SELECT d.id, d.event AS event_id, e.kind, e.payload
        FROM webhook_delivery d
        JOIN outgoing_event e ON e.id = d.event
        JOIN webhook_endpoint n ON n.id = d.endpoint
        WHERE d.endpoint = $1 AND d.state = 'WAITING' AND n.claimed_by = $2
        ORDER BY d.position LIMIT 1
    """
    return await db.find_one(DueDelivery, sql, turn.endpoint_id, turn.token)


class _Held(msgspec.Struct, frozen=True):
    failures: int
    next_attempt_at: datetime


async def record_attempt(turn: Turn, delivery: DueDelivery, answer: Answer) -> OffReason:
    """What became of it, and why it switched the endpoint off, if it did.

    In the caller's transaction. Nothing where the turn is over: another worker sends it again, or
    the endpoint was deleted or switched off meanwhile.
    """
    lock = """
        SELECT failures, next_attempt_at FROM webhook_endpoint
        WHERE id = $1 AND claimed_by = $2 FOR NO KEY UPDATE
    """
    held = await db.find_one(_Held, lock, turn.endpoint_id, turn.token)
    if held is None:
        return OffReason.NONE
    await _log(delivery, answer)
    if answer.is_success:
        await _record_success(turn, delivery)
        return OffReason.NONE
    return await _record_failure(turn, held.failures + 1, answer)


async def _log(delivery: DueDelivery, answer: Answer) -> None:
    row = {
        "id": new_id(),
        "delivery": delivery.id,
        "attempted_at": system_now(),
        "status": answer.status,
        "error": answer.error.value,
        "milliseconds": answer.milliseconds,
        "answer": answer.text[:STORED_ANSWER],
    }
    await insert(WebhookAttempt, row)


async def _record_success(turn: Turn, delivery: DueDelivery) -> None:
    now = system_now()
    done = {"state": DeliveryState.DELIVERED.value, "delivered_at": now}
    await update(WebhookDelivery, delivery.id, done)
    changes = {"failures": 0, "next_attempt_at": now, "claimed_until": now + LEASE}
    await update(WebhookEndpoint, turn.endpoint_id, changes)


async def _record_failure(turn: Turn, failures: int, answer: Answer) -> OffReason:
    changes: dict[str, object] = {"failures": failures}
    if not answer.is_gone and failures < MAX_FAILURES:
        changes["next_attempt_at"] = system_now() + wait_after(failures, answer.retry_after)
        await update(WebhookEndpoint, turn.endpoint_id, changes)
        return OffReason.NONE
    reason = OffReason.GONE if answer.is_gone else OffReason.FAILURES
    await update(WebhookEndpoint, turn.endpoint_id, changes)
    await switch_off(turn.endpoint_id, reason)
    return reason


async def release(turn: Turn) -> None:
    """So that another worker need not wait for the end of the lease."""
    sql = """
        UPDATE webhook_endpoint SET claimed_by = NULL, claimed_until = NULL
        WHERE id = $1 AND claimed_by = $2
    """
    await db.execute(sql, turn.endpoint_id, turn.token)
