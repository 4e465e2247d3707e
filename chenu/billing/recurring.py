"""Stripe's subscriptions and their invoices as the business sees them. Amounts are cents."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from chenu.billing.gateway import Charge
from chenu.core.money import Cents


class BillingInterval(StrEnum):
    MONTH = "MONTH"
    YEAR = "YEAR"


class SubscriptionKind(StrEnum):
    """What is subscribed to; each kind says in its own package what its states mean."""

    TIER = "TIER"
    AGENT = "AGENT"
    API_PLAN = "API_PLAN"


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


class DiscountState(msgspec.Struct, frozen=True):
    """What a subscription has taken off now: per cent or cents. `duration` is Stripe's.

    `ends_at`: when a repeating one stops; None for the others.
    """

    coupon_id: str
    name: str
    percent_off: int | None
    amount_off: Cents | None
    duration: str
    ends_at: datetime | None


class CouponRequest(msgspec.Struct, frozen=True):
    """A coupon at Stripe, under an id that we choose. It never changes, and names its products."""

    id: str
    name: str
    percent_off: int | None
    amount_off: Cents | None
    duration: str
    duration_in_months: int | None
    product_ids: tuple[str, ...]


class ScheduledChange(msgspec.Struct, frozen=True):
    """What a schedule makes of a subscription at `starts_at`, the end of its period."""

    product_id: str
    interval: BillingInterval
    starts_at: datetime


class PendingChange(msgspec.Struct, frozen=True):
    """A change that takes effect when its invoice is paid, on Stripe's page at `payment_url`.

    Until then nothing changes; after `expires_at` it is dropped.
    """

    product_id: str
    price_id: str
    interval: BillingInterval
    invoice_id: str
    payment_url: str | None
    expires_at: datetime


class SubscriptionState(msgspec.Struct, frozen=True):
    """`metadata` is what our Checkout request said about it; times are Stripe's.

    `interval` None: a price by the week or the like, not ours. `is_collection_paused`: set in
    Stripe's dashboard. `schedule_id` stays after its last change, until Stripe takes it off.
    """

    id: str
    customer_id: str
    status: SubscriptionStatus
    item_id: str
    price_id: str
    product_id: str
    price: Cents
    interval: BillingInterval | None
    period_start: datetime
    period_end: datetime
    trial_ends_at: datetime | None
    cancel_at_period_end: bool
    canceled_at: datetime | None
    ended_at: datetime | None
    is_collection_paused: bool
    created: datetime
    metadata: Mapping[str, str]
    discount: DiscountState | None = None
    schedule_id: str | None = None
    scheduled: ScheduledChange | None = None
    pending: PendingChange | None = None
    latest_invoice_id: str | None = None
    latest_invoice_total: Cents = Cents(0)
    latest_invoice_tax: Cents = Cents(0)
    """Of the invoice once it is issued; zero before."""
    is_ended_unpaid: bool = False
    """Stripe ended it because its payment failed every time."""

    @property
    def gives_access(self) -> bool:
        return self.status in GIVES_ACCESS and not self.is_collection_paused


class InvoiceLine(msgspec.Struct, frozen=True):
    """`description` is Stripe's; `product_id` None: Stripe names no product."""

    description: str
    amount: Cents
    period_start: datetime
    period_end: datetime
    is_proration: bool = False
    product_id: str | None = None


class Card(msgspec.Struct, frozen=True):
    """`fingerprint` is the same for one card whoever pays with it; None for what is no card."""

    id: str
    fingerprint: str | None


class InvoiceState(msgspec.Struct, frozen=True):
    """`payments` are the settled charges; `metadata` that of its subscription or payment page."""

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
    lines: tuple[InvoiceLine, ...] = ()
    starting_balance: Cents = Cents(0)
    """Of the customer before it: below zero is a credit, above a debt."""

    @property
    def is_paid(self) -> bool:
        return self.status is InvoiceStatus.PAID

    @property
    def credit(self) -> Cents:
        """What of it the customer's credit at Stripe has paid instead of a card."""
        return Cents(max(min(-self.starting_balance, self.total), 0) if self.is_paid else 0)

    @property
    def is_booked(self) -> bool:
        """Stripe has booked every charge that paid it: only then are their fees known."""
        return sum(charge.amount for charge in self.payments) >= self.amount_paid

    def amounts_of(self, charge: Charge) -> "ChargeAmounts":
        """Its part of the VAT, and the discount of the first charge.

        Rounded down of this and all earlier charges together: what is paid in parts has all of the
        VAT. A total of zero has a charge where the customer owed something from before. A change
        of plan that gives more discount back than it takes off is an invoice with a discount below
        zero.
        """
        earlier = [each for each in self.payments if _place(each) < _place(charge)]
        before = Cents(sum(each.amount for each in earlier))
        discount = Cents(0) if earlier else Cents(max(self.discount, 0))
        tax = self._tax_of(Cents(before + charge.amount)) - self._tax_of(before)
        return ChargeAmounts(Cents(charge.amount + discount), discount, Cents(tax))

    def _tax_of(self, paid: Cents) -> Cents:
        return Cents(max(self.tax, 0) * paid // self.total if self.total > 0 else 0)


def _place(charge: Charge) -> tuple[datetime, str]:
    """Stripe lists the charges of an invoice in no order that it promises."""
    return charge.created, charge.id


class ChargeAmounts(msgspec.Struct, frozen=True):
    """What a charge for an invoice is booked as: `gross` is the price before the discount."""

    gross: Cents
    discount: Cents
    tax: Cents


class RefundStatus(StrEnum):
    """Stripe's."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class RefundState(msgspec.Struct, frozen=True):
    """A refund at Stripe, whoever made it; `is_undone`: the money is back in our balance.

    `operation_id` is our operation that made it, None for one of Stripe's dashboard.
    """

    id: str
    charge_id: str
    payment_intent_id: str
    amount: Cents
    status: RefundStatus
    created: datetime
    operation_id: str | None = None

    @property
    def is_undone(self) -> bool:
        return self.status in (RefundStatus.FAILED, RefundStatus.CANCELED)


class CreditNoteRequest(msgspec.Struct, frozen=True):
    """The document of what is returned of a paid invoice.

    `refund_id` is the refund that it is about; None: Stripe makes one together with it.
    """

    invoice_id: str
    amount: Cents
    request_id: str
    refund_id: str | None = None


class CreditNoteState(msgspec.Struct, frozen=True):
    """`refund_ids` are those that it documents."""

    id: str
    invoice_id: str
    number: str
    status: str
    total: Cents
    pdf_url: str | None
    created: datetime
    refund_ids: tuple[str, ...]
