"""Events about refunds, of whatever was paid: each kind of payment books its own."""

from chenu.billing.inbox import InboxEvent
from chenu.billing.recurring import RefundState
from chenu.flows.event_types import EventOutcome, EventScope, EventType
from chenu.flows.purchases.refund_events import follow_sale_refund
from chenu.flows.services import Services
from chenu.flows.subscriptions.refunds import adopt_refund
from chenu.flows.topic import Topic


async def _follow(services: Services, state: RefundState) -> bool:
    """Of an agent, else of a plan or pack, else of a month of an agent that was not known yet."""
    return (
        await follow_sale_refund(services, state)
        or await adopt_refund(services.subscriptions, state)
        or await follow_sale_refund(services, state)
    )


async def _follow_refund(services: Services, event: InboxEvent) -> EventOutcome:
    if not event.object_id:
        return EventOutcome.IGNORED
    state = await services.subscriptions.get_refund(event.object_id)
    is_ours = await _follow(services, state)
    return EventOutcome.HANDLED if is_ours else EventOutcome.IGNORED


async def _follow_charge(services: Services, event: InboxEvent) -> EventOutcome:
    """All refunds of a charge."""
    if not event.object_id:
        return EventOutcome.IGNORED
    refunds = await services.subscriptions.list_refunds(event.object_id)
    is_ours = any([await _follow(services, each) for each in refunds])
    return EventOutcome.HANDLED if is_ours else EventOutcome.IGNORED


REFUNDS = Topic(
    lambda stripe, pubsub: (),
    (
        *(
            EventType(f"refund.{what}", EventScope.PLATFORM, _follow_refund)
            for what in ("created", "updated", "failed")
        ),
        EventType("charge.refunded", EventScope.PLATFORM, _follow_charge),
    ),
)
