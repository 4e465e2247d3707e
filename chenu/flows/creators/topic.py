"""What creators' payouts bring to a process: their event."""

from chenu.flows.creators.failed_payouts import follow_failed_payout
from chenu.flows.event_types import EventScope, EventType
from chenu.flows.topic import Topic

PAYOUTS = Topic(
    lambda stripe, pubsub: (),
    (EventType("payout.failed", EventScope.CONNECT, follow_failed_payout),),
)
