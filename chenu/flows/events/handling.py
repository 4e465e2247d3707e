"""What Stripe's events mean to us: each names an object, which is fetched again and followed.

Order and duplicates do not matter: whoever comes second finds it settled.
"""

import asyncio
from datetime import timedelta
from uuid import UUID

import structlog

from chenu.agents.model import PurchaseId
from chenu.billing import inbox
from chenu.billing.gateway import CheckoutSession, StripeRefusal
from chenu.billing.inbox import EventSource, InboxEvent
from chenu.core import queue
from chenu.core.backoff import name_failure
from chenu.core.caches import SingleFlight
from chenu.core.clock import business_now
from chenu.core.crash_points import crash_point
from chenu.core.errors import ChenuError
from chenu.flows.mirrors.connect_account import refresh_connect_state
from chenu.flows.mirrors.gone_objects import follow_customer, follow_price, follow_product
from chenu.flows.operations.runner import run_operation
from chenu.flows.purchases.checkout import payment_key
from chenu.flows.purchases.settle_purchase import settle_session
from chenu.flows.services import Services
from chenu.ledger.operations import find_by_key

log = structlog.get_logger(__name__)

_STRIPE_KEEPS = timedelta(days=30)
_OVERLAP = timedelta(hours=1)

_BEHIND_SECONDS = 30
_AT_ONCE = 10
_PATIENCE_SECONDS = 5
_ROOM = asyncio.Semaphore(2)
"""For requests of this process that do the worker's work: a flood of them leaves it to two."""
_IS_BEHIND: SingleFlight[str, bool] = SingleFlight(max_age=1)

CHECKOUT_EVENTS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
)
PROJECTION_EVENTS = (
    "customer.deleted",
    "price.updated",
    "price.deleted",
    "product.updated",
    "product.deleted",
)
"""About our customers, prices and products: what is gone is forgotten."""
ACCOUNT_EVENTS = ("account.updated", "account.application.deauthorized")
THIN_EVENTS = (
    "v2.core.account[configuration.recipient].capability_status_updated",
    "v2.core.account[requirements].updated",
    "v2.core.account.closed",
    "v2.core.account_link.returned",
)


async def handle_event(services: Services, event_id: str) -> None:
    """Once; an event that fails stays in the inbox with its error and is tried again."""
    event = await inbox.find_waiting(event_id)
    if event is None:
        return
    crash_point("webhook.claimed")
    try:
        await _dispatch(services, event)
    except StripeRefusal as refusal:
        # Asking again would be refused again: operators see it, nobody waits for it.
        log.error("event_refused", stripe_event=event_id, type=event.type, code=refusal.code)
        await inbox.mark_failed(event_id, refusal.code)
        return
    except Exception as error:
        await inbox.record_failure(event_id, name_failure(error))
        raise
    await inbox.mark_handled(event_id)


async def _dispatch(services: Services, event: InboxEvent) -> None:
    if not event.object_id:
        return  # account_link.returned names none; what it led to has events of its own
    if event.type in CHECKOUT_EVENTS:
        await _follow_checkout(services, event.object_id)
    elif event.type in PROJECTION_EVENTS:
        await _PROJECTIONS[event.type.partition(".")[0]](services, event.object_id)
    elif event.type in ACCOUNT_EVENTS or event.type in THIN_EVENTS:
        # A deauthorisation's object is the application; whose account it is stands beside it.
        await refresh_connect_state(services, event.related_account or event.object_id)


_PROJECTIONS = {"customer": follow_customer, "price": follow_price, "product": follow_product}


async def _follow_checkout(services: Services, session_id: str) -> None:
    session = await services.gateway.get_checkout(session_id)
    purchase_id = _find_purchase(session)
    if purchase_id is None:
        return  # a page of another kind
    operation = await find_by_key(payment_key(purchase_id))
    if operation is not None and operation.is_open:
        await run_operation(services, operation.id)
    else:
        await settle_session(services, session)


def _find_purchase(session: CheckoutSession) -> PurchaseId | None:
    try:
        return PurchaseId(UUID(session.purchase_id or ""))
    except ValueError:
        return None


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


async def poll_events(services: Services) -> int:
    """Events that never arrived, into the same inbox; the number found."""
    last = await inbox.last_created_at()
    earliest = business_now() - _STRIPE_KEEPS
    since = max(last - _OVERLAP, earliest) if last else earliest
    found = 0
    wanted = (*CHECKOUT_EVENTS, *PROJECTION_EVENTS, *ACCOUNT_EVENTS)
    async for event in services.gateway.list_events(wanted, since):
        found += await inbox.store_event(event, EventSource.POLL)
    return found
