"""Events about subscriptions and invoices: the object is asked about, and adopted."""

from collections.abc import Awaitable, Callable

from chenu.billing.inbox import InboxEvent
from chenu.billing.ports import SubscriptionPort
from chenu.flows.event_types import EventOutcome, EventScope, EventType
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.flows.subscriptions.affiliate_cards import check_affiliate_card
from chenu.flows.subscriptions.credit_notes import follow_credit_note
from chenu.flows.subscriptions.invoices import follow_invoice
from chenu.flows.subscriptions.mirror import follow_subscription
from chenu.flows.subscriptions.plan_contracts import return_late_charge
from chenu.flows.subscriptions.trial_cards import check_trial_card, follow_customer

_Follow = Callable[[SubscriptionPort, str], Awaitable[bool]]


async def _follow_subscription(services: Services, event: InboxEvent) -> EventOutcome:
    """The subscription, then its card."""
    outcome = await _following(follow_subscription)(services, event)
    if outcome is EventOutcome.HANDLED:
        await check_affiliate_card(services, event.object_id)
        await check_trial_card(services, event.object_id)
    return outcome


async def _follow_invoice(services: Services, event: InboxEvent) -> EventOutcome:
    """The invoice, then what a withdrawal returns of its charges."""
    outcome = await _following(follow_invoice)(services, event)
    if outcome is EventOutcome.HANDLED:
        for operation in await return_late_charge(event.object_id):
            await run_operation(services, operation.id)
    return outcome


def _following(follow: _Follow) -> Callable[[Services, InboxEvent], Awaitable[EventOutcome]]:
    async def handle(services: Services, event: InboxEvent) -> EventOutcome:
        """An invoice that is only announced has no id."""
        if not event.object_id or not await follow(services.subscriptions, event.object_id):
            return EventOutcome.IGNORED
        return EventOutcome.HANDLED

    return handle


async def _follow_schedule(subscriptions: SubscriptionPort, schedule_id: str) -> bool:
    """What a schedule will do is a part of its subscription."""
    found = await subscriptions.find_subscription_of_schedule(schedule_id)
    return found is not None and await follow_subscription(subscriptions, found)


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
_SCHEDULE = ("updated", "released", "completed", "canceled", "aborted")

_RETURNED: dict[str, _Follow] = {
    "credit_note.created": follow_credit_note,
    "credit_note.updated": follow_credit_note,
    "credit_note.voided": follow_credit_note,
}

SUBSCRIPTION_EVENTS = (
    EventType("customer.updated", EventScope.PLATFORM, follow_customer),
    *(
        EventType(f"customer.subscription.{what}", EventScope.PLATFORM, _follow_subscription)
        for what in _SUBSCRIPTION
    ),
    *(
        EventType(
            f"subscription_schedule.{what}", EventScope.PLATFORM, _following(_follow_schedule)
        )
        for what in _SCHEDULE
    ),
    *(EventType(f"invoice.{what}", EventScope.PLATFORM, _follow_invoice) for what in _INVOICE),
    *(
        EventType(name, EventScope.PLATFORM, _following(follow))
        for name, follow in _RETURNED.items()
    ),
)
