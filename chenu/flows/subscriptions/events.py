"""Events about subscriptions and invoices: the object is asked about, and adopted."""

from collections.abc import Awaitable, Callable

from chenu.billing.inbox import InboxEvent
from chenu.billing.ports import SubscriptionPort
from chenu.flows.event_types import EventOutcome, EventScope, EventType
from chenu.flows.services import Services
from chenu.flows.subscriptions.invoices import follow_invoice
from chenu.flows.subscriptions.mirror import follow_subscription
from chenu.flows.subscriptions.trial_cards import check_trial_card, follow_customer

_Follow = Callable[[SubscriptionPort, str], Awaitable[bool]]


async def _follow_subscription(services: Services, event: InboxEvent) -> EventOutcome:
    """The subscription, then the card of one in trial."""
    outcome = await _following(follow_subscription)(services, event)
    if outcome is EventOutcome.HANDLED:
        await check_trial_card(services, event.object_id)
    return outcome


def _following(follow: _Follow) -> Callable[[Services, InboxEvent], Awaitable[EventOutcome]]:
    async def handle(services: Services, event: InboxEvent) -> EventOutcome:
        """An invoice that is only announced has no id."""
        if not event.object_id or not await follow(services.subscriptions, event.object_id):
            return EventOutcome.IGNORED
        return EventOutcome.HANDLED

    return handle


_SUBSCRIPTION = (
    "created",
    "updated",
    "deleted",
    "paused",
    "resumed",
    "trial_will_end",
    "pending_update_applied",
    "pending_update_expired",
)
_INVOICE = (
    "created",
    "finalized",
    "finalization_failed",
    "updated",
    "paid",
    "payment_failed",
    "payment_action_required",
    "voided",
    "marked_uncollectible",
)

SUBSCRIPTION_EVENTS = (
    EventType("customer.updated", EventScope.PLATFORM, follow_customer),
    *(
        EventType(f"customer.subscription.{what}", EventScope.PLATFORM, _follow_subscription)
        for what in _SUBSCRIPTION
    ),
    *(
        EventType(f"invoice.{what}", EventScope.PLATFORM, _following(follow_invoice))
        for what in _INVOICE
    ),
)
