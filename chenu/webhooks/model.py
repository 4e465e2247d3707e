"""Ids and states of webhooks."""

from datetime import timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

EndpointId = NewType("EndpointId", UUID)
EventId = NewType("EventId", UUID)
DeliveryId = NewType("DeliveryId", UUID)

MAX_ENDPOINTS = 10
STORED = timedelta(days=30)
"""For so long events can be sent again."""


def message_id_of(event_id: EventId) -> str:
    """The header webhook-id: the same each time that the event is sent."""
    return f"evt_{event_id.hex}"


class EventKind(StrEnum):
    """The types of events, by the name that is sent."""

    SUBSCRIPTION_CHANGED = "subscription.changed"
    INVOICE_PAID = "invoice.paid"
    PURCHASE_SETTLED = "purchase.settled"
    REFUND_MADE = "refund.made"
    TOKENS_LOW = "tokens.low"
    EXECUTION_FINISHED = "execution.finished"
    API_KEY_REVOKED = "api_key.revoked"
    PAYOUT_PAID = "payout.paid"
    TEST = "webhook.test"


CHOSEN_KINDS = tuple(kind for kind in EventKind if kind is not EventKind.TEST)
"""What an endpoint may hear of; a test is sent to the endpoint for which it was asked."""


class EndpointState(StrEnum):
    ON = "ON"
    OFF = "OFF"


class OffReason(StrEnum):
    """Why an endpoint is off: by its account, after failures, or because its url said 410 Gone."""

    NONE = ""
    OWNER = "OWNER"
    FAILURES = "FAILURES"
    GONE = "GONE"


class DeliveryState(StrEnum):
    WAITING = "WAITING"
    DELIVERED = "DELIVERED"
    HELD = "HELD"


class AttemptError(StrEnum):
    """Why there is no answer, or why one does not count; NONE beside a status."""

    NONE = ""
    TARGET_REFUSED = "TARGET_REFUSED"
    NAME_NOT_FOUND = "NAME_NOT_FOUND"
    CONNECTION_FAILED = "CONNECTION_FAILED"
    CERTIFICATE_REFUSED = "CERTIFICATE_REFUSED"
    TOO_SLOW = "TOO_SLOW"
    ANSWER_TOO_LARGE = "ANSWER_TOO_LARGE"
    BROKEN = "BROKEN"
