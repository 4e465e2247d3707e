"""Stripe's own lists of events, read from where the last whole poll ended: what never arrived.

docs/stripe.md, "Webhooks".
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from chenu.billing import inbox
from chenu.billing.event_cursor import find_cursor, move_cursor
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.core.clock import business_now
from chenu.flows.event_types import EventScope
from chenu.flows.services import Services

CatchUp = Callable[[Services], Awaitable[None]]

log = structlog.get_logger(__name__)

STRIPE_REMEMBERS = timedelta(days=30)
POLLED_SCOPES = (EventScope.PLATFORM, EventScope.THIN)
"""Connected accounts have lists of their own; what is told of them tells API v2 as well.

The page of earnings shows a failed payout whose event was lost.
"""

_OVERLAP = timedelta(hours=1)
"""Stripe's clock is not ours, and an event may appear in its list late."""
_BATCH = 100


async def poll_events(services: Services, *, since: datetime | None = None) -> int:
    """Events that never arrived, into the same inbox; the number found.

    `since` (Stripe's time) reads from there, not from where the last poll ended. A list that breaks
    off is read again from the same place next time, and stops no other.
    """
    polls = (_poll(services, scope, since) for scope in POLLED_SCOPES)
    found = await asyncio.gather(*polls, return_exceptions=True)
    for outcome in found:
        if isinstance(outcome, BaseException):
            raise outcome
    return sum(outcome for outcome in found if isinstance(outcome, int))


async def _poll(services: Services, scope: EventScope, since: datetime | None) -> int:
    began = business_now()
    remembered_since = began - STRIPE_REMEMBERS
    names = services.events.names(scope)
    if not names:
        return 0
    start = await _find_start(scope, remembered_since)
    if since is not None:
        start = max(min(since, start), remembered_since)
    is_thin = scope is EventScope.THIN
    ask = services.reports.list_thin_events if is_thin else services.reports.list_events
    found = await _take(services, ask(names, start))
    await move_cursor(scope, began, remembered_since)
    return found


async def _find_start(scope: EventScope, remembered_since: datetime) -> datetime:
    cursor = await find_cursor(scope)
    if cursor is None:
        return remembered_since
    if cursor.read_until < remembered_since:
        missed = int((remembered_since - cursor.read_until).total_seconds())
        log.error("events_missed", stream=scope.value, seconds=missed)
    return max(cursor.read_until - _OVERLAP, remembered_since)


async def _take(services: Services, listed: AsyncIterator[EventSummary]) -> int:
    """Those of which the list does not name the account are asked about together, at its end."""
    found, unnamed = 0, dict[CatchUp, list[EventSummary]]()
    async for batch in _batches(listed):
        named = [event for event in batch if _find_catch_up(services, event) is None]
        found += await _store(named)
        for event in batch:
            if catch_up := _find_catch_up(services, event):
                unnamed.setdefault(catch_up, []).append(event)
    for catch_up, events in unnamed.items():
        await catch_up(services)
        await inbox.store_handled(events)
        found += len(events)
    return found


def _find_catch_up(services: Services, event: EventSummary) -> CatchUp | None:
    known = services.events.find(event.type)
    return known.catch_up if known is not None and not event.related_account else None


async def _batches(listed: AsyncIterator[EventSummary]) -> AsyncIterator[list[EventSummary]]:
    """Those that are not in the inbox, some at a time."""
    batch = list[EventSummary]()
    async for event in listed:
        batch.append(event)
        if len(batch) == _BATCH:
            yield await _leave_out_known(batch)
            batch = []
    if batch:
        yield await _leave_out_known(batch)


async def _leave_out_known(batch: Sequence[EventSummary]) -> list[EventSummary]:
    known = await inbox.list_known([event.id for event in batch])
    return [event for event in batch if event.id not in known]


async def _store(events: Sequence[EventSummary]) -> int:
    stored = [inbox.store_event(event, EventSource.POLL) for event in events]
    return sum(await asyncio.gather(*stored))
