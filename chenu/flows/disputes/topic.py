"""What disputes bring to a process: their operation and events."""

from collections.abc import Iterable
from typing import Any

from chenu.billing.inbox import InboxEvent
from chenu.billing.ports import Gateway
from chenu.core.pubsub import PubSub
from chenu.flows.disputes.evidence import EvidenceHandler
from chenu.flows.disputes.follow import follow_dispute
from chenu.flows.disputes.warnings import follow_warning
from chenu.flows.event_types import EventOutcome, EventScope, EventType
from chenu.flows.operation_handlers import OperationHandler
from chenu.flows.services import Services
from chenu.flows.topic import Topic

_DISPUTES = ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")


def _make_handlers(stripe: Gateway, pubsub: PubSub) -> Iterable[OperationHandler[Any, Any]]:
    yield EvidenceHandler(stripe)


async def _follow_dispute(services: Services, event: InboxEvent) -> EventOutcome:
    is_ours = bool(event.object_id) and await follow_dispute(services, event.object_id)
    return EventOutcome.HANDLED if is_ours else EventOutcome.IGNORED


async def _follow_warning(services: Services, event: InboxEvent) -> EventOutcome:
    is_ours = bool(event.object_id) and await follow_warning(services, event.object_id)
    return EventOutcome.HANDLED if is_ours else EventOutcome.IGNORED


DISPUTES = Topic(
    _make_handlers,
    (
        *(
            EventType(f"charge.dispute.{what}", EventScope.PLATFORM, _follow_dispute)
            for what in _DISPUTES
        ),
        EventType("radar.early_fraud_warning.created", EventScope.PLATFORM, _follow_warning),
    ),
)
