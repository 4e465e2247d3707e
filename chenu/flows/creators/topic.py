"""What creators' payouts bring to a process: their events."""

from chenu.flows.creators.failed_payouts import follow_failed_payout
from chenu.flows.creators.paid_payouts import follow_paid_payout
from chenu.flows.event_types import EventScope, EventType
from chenu.flows.topic import Topic

PAYOUTS = Topic(
    lambda stripe, pubsub: (),
    (
        EventType("payout.failed", EventScope.CONNECT, follow_failed_payout),
        EventType("payout.paid", EventScope.CONNECT, follow_paid_payout),
    ),
)
