"""What Stripe's events mean to us: each names an object, which is fetched again and followed.

Order and duplicates do not matter: whoever comes second finds it settled.
"""

import asyncio

import structlog

from chenu.billing import inbox
from chenu.billing.gateway import StripeRefusal
from chenu.billing.inbox import InboxEvent
from chenu.core import queue
from chenu.core.backoff import name_failure
from chenu.core.caches import SingleFlight
from chenu.core.crash_points import crash_point
from chenu.core.errors import ChenuError
from chenu.core.pubsub import publishing_wallets
from chenu.flows.event_types import EventOutcome, EventScope
from chenu.flows.services import Services

log = structlog.get_logger(__name__)

_BEHIND_SECONDS = 30
_AT_ONCE = 10
_PATIENCE_SECONDS = 5
_ROOM = asyncio.Semaphore(2)
"""For requests of this process that do the worker's work: a flood of them leaves it to two."""
_IS_BEHIND: SingleFlight[str, bool] = SingleFlight(max_age=1)


async def handle_event(services: Services, event_id: str) -> None:
    """Once; an event that fails stays in the inbox with its error and is tried again."""
    event = await inbox.find_waiting(event_id)
    if event is None:
        return
    crash_point("webhook.claimed")
    try:
        async with publishing_wallets(services.pubsub):
            outcome = await _dispatch(services, event)
    except StripeRefusal as refusal:
        # Asking again would be refused again: operators see it, nobody waits for it.
        log.error("event_refused", stripe_event=event_id, type=event.type, code=refusal.code)
        await inbox.mark_failed(event_id, refusal.code)
        return
    except Exception as error:
        await inbox.record_failure(event_id, name_failure(error))
        raise
    if outcome is EventOutcome.HANDLED:
        await inbox.mark_handled(event_id)
    else:
        await inbox.mark_ignored(event_id)


async def _dispatch(services: Services, event: InboxEvent) -> EventOutcome:
    known = services.events.find(event.type)
    if known is None or (known.scope is EventScope.PLATFORM and event.related_account):
        return EventOutcome.IGNORED  # a connected account's own customers and pages are not ours
    return await known.handler(services, event)


async def stand_in_for_worker(services: Services, event_id: str) -> None:
    """When jobs wait for long, no worker is there: this event and the oldest are handled here.

    Two requests of a process do so at a time; the events of the others wait for the next or for
    the worker. What they lead to (transfers, mails) waits for its return. Never fails.
    """
    try:
        if not await _is_worker_behind(services) or _ROOM.locked():
            return
        log.warning("worker_behind", stripe_event=event_id)
        async with _ROOM, asyncio.timeout(_PATIENCE_SECONDS):
            for waiting in (event_id, *await inbox.list_waiting(limit=_AT_ONCE)):
                await _try_event(services, waiting)
    except (ChenuError, TimeoutError) as error:
        log.warning("event_left_to_worker", stripe_event=event_id, error=str(error))


async def _try_event(services: Services, event_id: str) -> None:
    """One that fails must not stop the others; it has its next attempt already."""
    try:
        await handle_event(services, event_id)
    except ChenuError as error:
        log.warning("event_left_to_worker", stripe_event=event_id, error=str(error))
    except Exception:
        log.exception("event_broke", stripe_event=event_id)


async def _is_worker_behind(services: Services) -> bool:
    """Looking takes longer the longer the queue is: in a flood of events once a second will do."""
    if services.settings.cache_seconds:
        return await _IS_BEHIND.get("worker", _look_at_queue)
    return await _look_at_queue()


async def _look_at_queue() -> bool:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        return await queue.seconds_behind() >= _BEHIND_SECONDS
