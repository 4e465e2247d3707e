"""The webhook inbox: an event is stored and answered at once, and handled by the worker later.

A row only identifies an event; the current state is fetched from Stripe when it is handled. The
table is split by month; the database itself sees to it that an id happens once in all of them: its
trigger `store_event_once` inserts nothing for an id that is known. docs/decisions/0100.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from operator import itemgetter

import msgspec

from chenu.billing.gateway import EventSummary
from chenu.billing.tables import StripeEvent
from chenu.core import db, queue, tracing
from chenu.core.backoff import BACKOFF
from chenu.core.clock import system_now
from chenu.core.group_commit import GroupCommit
from chenu.core.rows import Columns


class EventSource(StrEnum):
    WEBHOOK = "WEBHOOK"
    POLL = "POLL"


class InboxEvent(msgspec.Struct, frozen=True):
    """`object_id` is the Stripe object that the event is about."""

    id: str
    type: str
    object_id: str
    related_account: str | None


_COLUMNS = Columns(InboxEvent, StripeEvent).select()


class _Arrival(msgspec.Struct, frozen=True):
    event: EventSummary
    source: EventSource
    at: datetime
    headers: dict[str, str] | None
    """The trace of the event's own request: a batch joins several."""


class _Id(msgspec.Struct, frozen=True):
    id: str


async def store_event(event: EventSummary, source: EventSource) -> bool:
    """Stores each event id once, with a job to handle it; False for a duplicate.

    Committed when it returns, in a batch with concurrent events; inside a transaction it is part of
    that.
    """
    arrival = _Arrival(event, source, system_now(), tracing.headers())
    if not db.in_transaction():
        return await _INTAKE.add(arrival)
    [is_new] = await _store([arrival])
    return is_new


_STORE = f"""
    WITH stored AS (
        INSERT INTO stripe_event (id, type, object_id, related_account, source, created_at,
            received_at, next_attempt_at, state, attempts)
        SELECT *, 'RECEIVED', 0 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[],
            $5::text[], $6::timestamptz[], $7::timestamptz[], $7::timestamptz[])
        RETURNING id
    ), {queue.enqueueing(queue.Job.WEBHOOK_EVENT, "SELECT id, $8::jsonb -> id FROM stored")}
    SELECT id FROM stored
"""  # noqa: S608 - texts of ours


async def _store(arrivals: Sequence[_Arrival]) -> list[bool]:
    """One statement for the batch; True for each event that was not known."""
    rows = [_as_row(arrival) for arrival in arrivals]
    # Ordered by id, so that processes that store the same events cannot deadlock.
    columns = zip(*sorted(rows, key=itemgetter(0)), strict=True)
    headers = {arrival.event.id: arrival.headers for arrival in arrivals if arrival.headers}
    stored = await db.fetch_all(_Id, _STORE, *columns, msgspec.json.encode(headers).decode())
    new = {row.id for row in stored}
    outcomes = []
    for arrival in arrivals:
        outcomes.append(arrival.event.id in new)
        new.discard(arrival.event.id)
    return outcomes


def _as_row(arrival: _Arrival) -> tuple[str, str, str, str | None, str, datetime, datetime]:
    event = arrival.event
    about = (event.id, event.type, event.object_id, event.related_account)
    return (*about, arrival.source.value, event.created, arrival.at)


_INTAKE = GroupCommit(_store)


async def find_waiting(event_id: str) -> InboxEvent | None:
    """The event, unless it was handled already."""
    sql = f"SELECT {_COLUMNS} FROM stripe_event WHERE id = $1 AND state = 'RECEIVED'"  # noqa: S608 - own columns
    return await db.find_one(InboxEvent, sql, event_id)


async def mark_handled(event_id: str) -> None:
    sql = """
        UPDATE stripe_event SET state = 'HANDLED', handled_at = $2, last_error = NULL
        WHERE id = $1 AND state = 'RECEIVED'
    """
    await db.execute(sql, event_id, system_now())


async def mark_ignored(event_id: str) -> None:
    """Its type, or the object that it names, is none that we handle."""
    sql = """
        UPDATE stripe_event SET state = 'IGNORED', handled_at = $2, last_error = NULL
        WHERE id = $1 AND state = 'RECEIVED'
    """
    await db.execute(sql, event_id, system_now())


async def mark_failed(event_id: str, error: str) -> None:
    """Given up: stored for operators, not retried."""
    sql = "UPDATE stripe_event SET state = 'FAILED', last_error = $2 WHERE id = $1"
    await db.execute(sql, event_id, error[:500])


async def record_failure(event_id: str, error: str) -> None:
    """Schedules the next attempt, after all events that are due before."""
    sql = f"""
        UPDATE stripe_event SET attempts = attempts + 1, last_error = $2,
            next_attempt_at = $3::timestamptz + {BACKOFF}
        WHERE id = $1
    """  # noqa: S608 - texts of ours
    await db.execute(sql, event_id, error[:500], system_now())


async def reopen_failed(since: datetime) -> int:
    """Those of events created since then that were given up wait again; their number."""
    sql = """
        UPDATE stripe_event SET state = 'RECEIVED', next_attempt_at = $2
        WHERE state = 'FAILED' AND created_at >= $1
    """
    return await db.execute(sql, since, system_now())


async def list_failing(since: datetime) -> list[InboxEvent]:
    """Events created since then that were tried and have no effect yet."""
    sql = f"""
        SELECT {_COLUMNS} FROM stripe_event WHERE created_at >= $1
            AND (state = 'FAILED' OR state = 'RECEIVED' AND attempts > 0)
        ORDER BY created_at, id LIMIT 100
    """  # noqa: S608 - own columns
    return await db.fetch_all(InboxEvent, sql, since)


async def list_waiting(*, limit: int = 500) -> list[str]:
    """Events that are due and not handled, the most overdue first."""
    sql = """
        SELECT id FROM stripe_event WHERE state = 'RECEIVED' AND next_attempt_at <= $2
        ORDER BY next_attempt_at LIMIT $1
    """
    return [row.id for row in await db.fetch_all(_Id, sql, limit, system_now())]


async def list_known(event_ids: Sequence[str]) -> set[str]:
    """Which of these events came already, also those that are stored no more."""
    sql = "SELECT id FROM stripe_event_key WHERE id = ANY($1)"
    return {row.id for row in await db.fetch_all(_Id, sql, list(event_ids))}


async def store_handled(events: Sequence[EventSummary]) -> None:
    """Events found by polling that need no job, because the objects they are about were fetched
    already.
    """
    sql = """
        INSERT INTO stripe_event (id, type, object_id, source, created_at, received_at,
            next_attempt_at, state, attempts, handled_at)
        SELECT id, type, '', 'POLL', created_at, $4, $4, 'HANDLED', 0, $4
        FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS event (id, type, created_at)
    """
    ids, types, times = (
        [event.id for event in events],
        [event.type for event in events],
        [event.created for event in events],
    )
    await db.execute(sql, ids, types, times, system_now())


class Backlog(msgspec.Struct, frozen=True):
    """The number of waiting events, and the age of the oldest in seconds."""

    waiting: int
    oldest_seconds: float


async def get_backlog() -> Backlog:
    sql = """
        SELECT count(*) AS waiting,
            coalesce(extract(epoch FROM $1 - min(received_at)), 0)::float8 AS oldest_seconds
        FROM stripe_event WHERE state = 'RECEIVED'
    """
    found = await db.find_one(Backlog, sql, system_now())
    return found or Backlog(0, 0)
