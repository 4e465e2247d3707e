"""Stripe as the business sees it: what we ask, what comes back, and how it can go wrong.

The calls are in ports.py, by topic; their one implementation is live_gateway.py.
Amounts are cents. Every change carries the idempotency key of its operation, and every object that
is made carries the operation's id in its metadata.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from chenu.core.errors import ProviderUnavailable
from chenu.core.money import Cents

GONE = frozenset({"resource_missing", "account_invalid", "account_closed"})
"""Codes for an object that Stripe does not have any more, or does not let us reach."""


class StripeRefusal(Exception):
    """Stripe said no, for good: `code` is Stripe's."""

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param

    @property
    def is_gone(self) -> bool:
        """Was it refused because what it names is gone?"""
        return self.code in GONE


class CurrencyRefused(StripeRefusal):
    """An object of Stripe's is in another currency than ours: nothing of it may be booked."""

    @classmethod
    def of(cls, object_id: str, currency: str) -> "CurrencyRefused":
        return cls("currency_not_supported", f"{object_id} is in {currency}", "currency")


class OutcomeUnknown(ProviderUnavailable):
    """The request may or may not have been carried out: only asking again tells.

    `is_remembered`: Stripe remembers this very failure under the key, so asking needs another one.
    """

    def __init__(self, message: str, *, is_remembered: bool = False) -> None:
        super().__init__(message)
        self.is_remembered = is_remembered


class OperationIdentity(Protocol):
    """The operation that asks: its key makes a retry the same, its id names what was made.

    `created_at` bounds the search for it at Stripe.
    """

    @property
    def id(self) -> UUID: ...

    @property
    def idempotency_key(self) -> str: ...

    @property
    def created_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class CustomerRequest:
    email: str
    name: str
    locale: str
    account_id: str


@dataclass(frozen=True, slots=True)
class CustomerUpdate:
    """What the customer is called and where mails go, from now on."""

    customer_id: str
    email: str
    name: str
    locale: str


@dataclass(frozen=True, slots=True)
class AgentPriceRequest:
    """`lookup_key` names this agent's price in this version; amounts of a price never change.

    `replaces` is an earlier price of the version, which cannot be sold any more.
    """

    product_id: str
    name: str
    amount: Cents
    lookup_key: str
    agent_id: str
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class ProductUpdate:
    product_id: str
    name: str


@dataclass(frozen=True, slots=True)
class PriceState:
    """`is_sellable`: Checkout takes neither an archived price nor one of an archived product."""

    id: str
    product_id: str
    is_sellable: bool


class CheckoutMode(StrEnum):
    PAYMENT = "payment"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True)
class CheckoutLine:
    price_id: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """A payment page for anything that has a price: an agent, a pack, a tier, an API plan.

    `reference` is the id of our row, `metadata` says what is bought. `expires_at` is unix time; the
    URLs are where the buyer's browser returns to. `transfer_group` belongs to a payment,
    `trial_days` to a subscription. `discounts` are ids of promotion codes that we have checked.
    """

    mode: CheckoutMode
    customer_id: str
    lines: tuple[CheckoutLine, ...]
    reference: str
    success_url: str
    cancel_url: str
    locale: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    expires_at: int | None = None
    transfer_group: str | None = None
    trial_days: int | None = None
    discounts: tuple[str, ...] = ()

    @property
    def price_ids(self) -> tuple[str, ...]:
        return tuple(line.price_id for line in self.lines)


class CheckoutStatus(StrEnum):
    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Charge:
    """A captured payment: `fee` is what Stripe kept of it, `created` Stripe's time of it."""

    id: str
    payment_intent_id: str
    amount: Cents
    refunded: Cents
    fee: Cents
    receipt_url: str | None
    created: datetime


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    """`url` only while open; `charge` once paid; amounts as charged."""

    id: str
    status: CheckoutStatus
    is_paid: bool
    url: str | None
    expires_at: datetime
    purchase_id: str | None
    amount_total: Cents
    amount_discount: Cents
    amount_tax: Cents
    charge: Charge | None
    invoice_url: str | None
    last_decline: str | None


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """Tied to the charge that pays for it, and to its order by `transfer_group`."""

    amount: Cents
    destination: str
    source_charge: str
    transfer_group: str
    payment_id: str


@dataclass(frozen=True, slots=True)
class RefundRequest:
    payment_intent_id: str
    amount: Cents
    payment_id: str


@dataclass(frozen=True, slots=True)
class ConnectAccountRequest:
    email: str
    name: str
    country: str
    user_id: str


@dataclass(frozen=True, slots=True)
class ConnectUpdate:
    account_id: str
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class ConnectState:
    """`transfers_status` is Stripe's word: active, pending, restricted, rejected, unsupported."""

    id: str
    transfers_status: str
    requirements: tuple[str, ...]
    is_closed: bool

    @property
    def can_be_paid(self) -> bool:
        return self.transfers_status == "active" and not self.is_closed


@dataclass(frozen=True, slots=True)
class EventSummary:
    """What the inbox keeps of an event; `created` is Stripe's time.

    `object_id` is empty where Stripe names none; `related_account` is the connected account.
    """

    id: str
    type: str
    object_id: str
    related_account: str | None
    created: datetime


@dataclass(frozen=True, slots=True)
class BalanceMovement:
    """One line of the platform's Stripe balance; `of_id` is the charge or transfer given back.

    Amounts are in the smallest unit of `currency`.
    """

    id: str
    type: str
    source_id: str
    amount: Cents
    fee: Cents
    net: Cents
    currency: str
    created: datetime
    of_id: str | None = None
