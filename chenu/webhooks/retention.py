"""How long events, deliveries and their log are stored."""

from chenu.core.clock import business_now
from chenu.core.retention import PEOPLE, Forever, Retention
from chenu.webhooks.model import STORED

_WHY = "what was sent to whom, and what can be sent again"

RETENTIONS: tuple[Retention | Forever, ...] = (
    Retention("webhook_attempt", STORED, "attempted_at", _WHY),
    Retention(
        "webhook_delivery",
        STORED,
        "created_at",
        _WHY,
        only="""state <> 'WAITING' AND NOT EXISTS
            (SELECT 1 FROM webhook_attempt a WHERE a.delivery = webhook_delivery.id)""",
    ),
    Retention(
        "outgoing_event",
        STORED,
        "occurred_at",
        _WHY,
        only="""NOT EXISTS
            (SELECT 1 FROM webhook_delivery d WHERE d.event = outgoing_event.id)""",
        clock=business_now,
    ),
    Forever("webhook_endpoint", PEOPLE),
)
