"""Stripe's events as staff see them, and one that is to be handled again."""

from datetime import datetime
from enum import StrEnum

import msgspec

from chenu.billing.tables import StripeEvent
from chenu.core import db, queue
from chenu.core.clock import system_now
from chenu.core.errors import NotFound
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Keyset, Page, PageRequest
from chenu.core.rows import Columns


class EventState(StrEnum):
    RECEIVED = "RECEIVED"
    HANDLED = "HANDLED"
    IGNORED = "IGNORED"
    FAILED = "FAILED"


class ListedEvent(msgspec.Struct, frozen=True):
    """`created_at` is when it happened at Stripe, the other times are system time."""

    id: str
    type: str
    object_id: str
    related_account: str | None
    source: str
    state: str
    attempts: int
    last_error: str | None
    next_attempt_at: datetime
    created_at: datetime
    received_at: datetime
    handled_at: datetime | None


_COLUMNS = Columns(ListedEvent, StripeEvent).select()
_ROWS = f"SELECT {_COLUMNS} FROM stripe_event"  # noqa: S608 - own columns
_NEWEST_FIRST = Keyset(
    "received_at",
    "id",
    cast="timestamptz",
    read=lambda part: datetime.fromisoformat(str(part)),
    id_cast="text",
    read_id=str,
)


async def list_events(state: EventState | None, page: PageRequest) -> Page[ListedEvent]:
    """By when we heard of them; None: in every state."""
    if state is None:
        return await fetch_page(ListedEvent, _ROWS, "true", page=page, order=_NEWEST_FIRST)
    where, value = "state = $1", state.value
    return await fetch_page(ListedEvent, _ROWS, where, value, page=page, order=_NEWEST_FIRST)


async def get_event(event_id: str, *, lock: bool = False) -> ListedEvent:
    """Raises NotFound."""
    suffix = "FOR NO KEY UPDATE" if lock else ""
    found = await db.find_one(ListedEvent, f"{_ROWS} WHERE id = $1 {suffix}", event_id)
    if found is None:
        raise NotFound("There is no such event")
    return found


async def handle_again(event_id: str) -> None:
    """It waits as if it had just come, with a job. In the caller's transaction."""
    sql = """
        UPDATE stripe_event SET state = 'RECEIVED', attempts = 0, last_error = NULL,
            handled_at = NULL, next_attempt_at = $2
        WHERE id = $1
    """
    await db.execute(sql, event_id, system_now())
    await queue.enqueue(queue.Job.WEBHOOK_EVENT, event_id)
