"""Events about Stripe's payment pages: each kind of order says what follows from one."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from chenu.billing.gateway import CheckoutSession
from chenu.billing.inbox import InboxEvent
from chenu.flows.agent_subscriptions.checkout import follow_agent_page
from chenu.flows.event_types import EventOutcome, EventScope, EventType
from chenu.flows.packs.page_events import follow_pack_page
from chenu.flows.services import Services
from chenu.flows.subscriptions.checkout_events import follow_order_page
from chenu.flows.topic import Topic

_Follow = Callable[[Services, UUID, CheckoutSession], Awaitable[None]]

_FOLLOW: dict[str, _Follow] = {
    "agent": follow_agent_page,
    "pack": follow_pack_page,
    "tier": follow_order_page,
    "api_plan": follow_order_page,
}
"""By the kind that our page has in its metadata."""


async def follow_checkout(services: Services, event: InboxEvent) -> EventOutcome:
    if not event.object_id:
        return EventOutcome.IGNORED
    session = await services.checkouts.get_checkout(event.object_id)
    follow = _FOLLOW.get(session.kind or "")
    if follow is None or session.order_id is None:
        return EventOutcome.IGNORED
    await follow(services, session.order_id, session)
    return EventOutcome.HANDLED


PAGES = Topic(
    lambda stripe, pubsub: (),
    tuple(
        EventType(f"checkout.session.{what}", EventScope.PLATFORM, follow_checkout)
        for what in ("completed", "async_payment_succeeded", "async_payment_failed", "expired")
    ),
)
