"""What each kind of event says: its `data`, by the ids and names of the API.

Nothing of a person but ids. A field may be added to a version; whoever needs another meaning makes
the next version of its kind. Amounts are cents, times are UTC.
"""

from datetime import datetime
from typing import Any, ClassVar

import msgspec

from chenu.core.clock import business_now
from chenu.webhooks.model import EventKind


class EventData(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    kind: ClassVar[EventKind]
    version: ClassVar[int] = 1


class SubscriptionChanged(EventData, frozen=True, kw_only=True):
    """`subscription_kind`: TIER, API_PLAN or AGENT; `item` is the plan's code or the agent's id.

    `interval`: MONTH or YEAR. `scheduled_item` begins at the end of the period.
    """

    kind = EventKind.SUBSCRIPTION_CHANGED

    subscription: str
    subscription_kind: str
    item: str
    interval: str
    status: str
    gives_access: bool
    current_period_end: datetime
    cancel_at_period_end: bool
    trial_ends_at: datetime | None
    ended_at: datetime | None
    scheduled_item: str | None


class InvoicePaid(EventData, frozen=True, kw_only=True):
    kind = EventKind.INVOICE_PAID

    invoice: str
    number: str | None
    total_minor: int
    tax_minor: int
    currency: str = "EUR"
    paid_at: datetime | None


class PurchaseSettled(EventData, frozen=True, kw_only=True):
    """`price_type`: FREE, ONE_TIME or SUBSCRIPTION."""

    kind = EventKind.PURCHASE_SETTLED

    purchase: str
    agent: str
    price_type: str
    amount_minor: int
    currency: str = "EUR"
    paid_at: datetime


class RefundMade(EventData, frozen=True, kw_only=True):
    """Of an invoice of a plan or pack, or of a purchase of an agent."""

    kind = EventKind.REFUND_MADE

    invoice: str | None = None
    purchase: str | None = None
    amount_minor: int
    currency: str = "EUR"
    refunded_at: datetime


class TokensLow(EventData, frozen=True, kw_only=True):
    """At 80 and at 100 per cent of the month's budget."""

    kind = EventKind.TOKENS_LOW

    account: str
    percent: int
    budget: int
    used: int
    resets_at: datetime


class ExecutionFinished(EventData, frozen=True, kw_only=True):
    """`status`: COMPLETED, FAILED, CANCELED or EXPIRED."""

    kind = EventKind.EXECUTION_FINISHED

    execution: str
    agent: str
    status: str
    tokens_used: int
    finished_at: datetime


class ApiKeyRevoked(EventData, frozen=True, kw_only=True):
    """`is_leaked`: its secret stood in a public place."""

    kind = EventKind.API_KEY_REVOKED

    api_key: str
    prefix: str
    is_leaked: bool
    revoked_at: datetime


class PayoutPaid(EventData, frozen=True, kw_only=True):
    """`destination`: BANK, from a balance at Stripe (`payout` is Stripe's id); STRIPE_BALANCE, from
    us, of an affiliate's commissions (`payout` is an id of the API).
    """

    kind = EventKind.PAYOUT_PAID

    payout: str
    destination: str
    amount_minor: int
    currency: str = "EUR"
    paid_at: datetime


class TestSent(EventData, frozen=True, kw_only=True):
    kind = EventKind.TEST

    endpoint: str
    sent_at: datetime


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    """As Standard Webhooks has it, with the version of `data`."""

    type: str
    version: int
    timestamp: datetime
    data: Any


def write_body(data: EventData, occurred_at: datetime | None = None) -> str:
    """The text that is sent."""
    body = _Body(
        type=data.kind.value,
        version=data.version,
        timestamp=occurred_at or business_now(),
        data=data,
    )
    return msgspec.json.encode(body).decode()
