"""The webhook inbox: an event is stored first and answered at once, the worker handles it.

Rows are for identity; what is true is fetched from Stripe when the event is handled.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chenu.billing.gateway import EventSummary
from chenu.core import db, queue
from chenu.core.clock import system_now


class EventSource(StrEnum):
    WEBHOOK = "WEBHOOK"
    POLL = "POLL"


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """`object_id` is the Stripe object that the event is about."""

    id: str
    type: str
    object_id: str
    related_account: str | None


async def store_event(event: EventSummary, source: EventSource) -> bool:
    """Once per event id, with a job to handle it; False for a duplicate."""
    sql = """
        INSERT INTO webhook_event (id, type, object_id, related_account, source, state, attempts,
            created_at, received_at)
        VALUES ($1, $2, $3, $4, $5, 'RECEIVED', 0, $6, $7) ON CONFLICT (id) DO NOTHING
    """
    async with db.transaction():
        stored = await db.execute(
            sql,
            event.id,
            event.type,
            event.object_id,
            event.related_account,
            source,
            event.created,
            system_now(),
        )
        if stored:
            await queue.enqueue(queue.Job.WEBHOOK_EVENT, event.id)
    return bool(stored)


async def find_waiting(event_id: str) -> InboxEvent | None:
    """The event unless it is handled already."""
    sql = """
        SELECT id, type, object_id, related_account FROM webhook_event
        WHERE id = $1 AND state = 'RECEIVED'
    """
    return await db.find_one(InboxEvent, sql, event_id)


async def mark_handled(event_id: str) -> None:
    sql = """
        UPDATE webhook_event SET state = 'HANDLED', handled_at = $2, last_error = NULL
        WHERE id = $1 AND state = 'RECEIVED'
    """
    await db.execute(sql, event_id, system_now())


async def mark_failed(event_id: str, error: str) -> None:
    """Given up: kept for operators, not tried again."""
    sql = "UPDATE webhook_event SET state = 'FAILED', last_error = $2 WHERE id = $1"
    await db.execute(sql, event_id, error[:500])


async def note_failure(event_id: str, error: str) -> None:
    sql = "UPDATE webhook_event SET attempts = attempts + 1, last_error = $2 WHERE id = $1"
    await db.execute(sql, event_id, error[:500])


@dataclass(frozen=True, slots=True)
class _Id:
    id: str


async def list_waiting(*, limit: int = 500) -> list[str]:
    """Events that are stored and not handled, oldest first: what a crash left behind."""
    sql = """
        SELECT id FROM webhook_event WHERE state = 'RECEIVED' ORDER BY received_at LIMIT $1
    """
    return [row.id for row in await db.fetch_all(_Id, sql, limit)]


async def last_created_at() -> datetime | None:
    """Stripe's time of the newest event we know: where polling goes on from."""
    found: datetime | None = await db.fetch_value("SELECT max(created_at) FROM webhook_event")
    return found


@dataclass(frozen=True, slots=True)
class Backlog:
    """Events that wait, and for how many seconds the oldest does."""

    waiting: int
    oldest_seconds: float


async def get_backlog() -> Backlog:
    sql = """
        SELECT count(*) AS waiting,
            coalesce(extract(epoch FROM $1 - min(received_at)), 0)::float8 AS oldest_seconds
        FROM webhook_event WHERE state = 'RECEIVED'
    """
    found = await db.find_one(Backlog, sql, system_now())
    return found or Backlog(0, 0)
