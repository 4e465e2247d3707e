"""Stripe's subscriptions and their invoices as the business sees them. Amounts are cents."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chenu.billing.gateway import Charge
from chenu.core.money import Cents


class BillingInterval(StrEnum):
    MONTH = "MONTH"
    YEAR = "YEAR"


class SubscriptionKind(StrEnum):
    """What is subscribed to; each kind says in its own package what its states mean."""

    TIER = "TIER"


class SubscriptionStatus(StrEnum):
    """Stripe's states; `incomplete_expired` is CANCELED."""

    INCOMPLETE = "INCOMPLETE"
    TRIALING = "TRIALING"
    ACTIVE = "ACTIVE"
    PAST_DUE = "PAST_DUE"
    UNPAID = "UNPAID"
    PAUSED = "PAUSED"
    CANCELED = "CANCELED"


GIVES_ACCESS = frozenset(
    {SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE}
)
"""PAST_DUE until dunning ends: Stripe tries again on days 3, 5 and 7 (docs/money.md)."""


class InvoiceStatus(StrEnum):
    DRAFT = "DRAFT"
    OPEN = "OPEN"
    PAID = "PAID"
    VOID = "VOID"
    UNCOLLECTIBLE = "UNCOLLECTIBLE"


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """`metadata` is what our Checkout request said about it; times are Stripe's.

    `is_collection_paused`: `pause_collection` was set in Stripe's dashboard.
    """

    id: str
    customer_id: str
    status: SubscriptionStatus
    item_id: str
    price_id: str
    product_id: str
    price: Cents
    interval: BillingInterval
    period_start: datetime
    period_end: datetime
    trial_ends_at: datetime | None
    cancel_at_period_end: bool
    canceled_at: datetime | None
    ended_at: datetime | None
    is_collection_paused: bool
    created: datetime
    metadata: Mapping[str, str]
    is_ended_unpaid: bool = False
    """Stripe ended it because its payment failed every time."""

    @property
    def gives_access(self) -> bool:
        return self.status in GIVES_ACCESS and not self.is_collection_paused


@dataclass(frozen=True, slots=True)
class Card:
    """`fingerprint` is the same for one card whoever pays with it; None for what is no card."""

    id: str
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class InvoiceState:
    """`payments` are the settled charges; `metadata` that of its subscription when it was made."""

    id: str
    customer_id: str
    subscription_id: str | None
    number: str | None
    status: InvoiceStatus
    billing_reason: str
    subtotal: Cents
    discount: Cents
    tax: Cents
    total: Cents
    amount_paid: Cents
    period_start: datetime
    period_end: datetime
    created: datetime
    issued_at: datetime | None
    paid_at: datetime | None
    hosted_url: str | None
    pdf_url: str | None
    payments: tuple[Charge, ...]
    metadata: Mapping[str, str]
    attempts: int = 0
    next_attempt_at: datetime | None = None
    """When Stripe tries again to charge it; None after the last try."""


@dataclass(frozen=True, slots=True)
class RenewalPreview:
    """What the next invoice of a subscription will charge, and whether there is a card for it."""

    amount: Cents
    has_card: bool
