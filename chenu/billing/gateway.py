"""The types of our calls to Stripe: requests, answers and errors.

The calls are in ports.py, by topic; their one implementation is live_gateway.py. Amounts are cents.
Every change carries the idempotency key of its operation, and every created object carries the
operation's id in its metadata.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from chenu.core.errors import ProviderUnavailable
from chenu.core.money import Cents

GONE = frozenset({"resource_missing", "account_invalid", "account_closed"})
"""Error codes for an object that no longer exists at Stripe, or that we may not access."""


class StripeRefusal(Exception):
    """Stripe refused the request for good; `code` is Stripe's."""

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param

    @property
    def is_gone(self) -> bool:
        """Whether the object that it names is gone."""
        return self.code in GONE


class CurrencyRefused(StripeRefusal):
    """An object at Stripe is in a currency other than ours: nothing of it may be booked."""

    @classmethod
    def of(cls, object_id: str, currency: str) -> "CurrencyRefused":
        return cls("currency_not_supported", f"{object_id} is in {currency}", "currency")


class OutcomeUnknown(ProviderUnavailable):
    """The request may or may not have been carried out: only asking again shows it.

    `is_remembered`: Stripe stored this failure under the key, so a retry needs another one.
    """

    def __init__(self, message: str, *, is_remembered: bool = False) -> None:
        super().__init__(message)
        self.is_remembered = is_remembered


class DocumentRefused(Exception):
    """What an address of a document leads to is not stored; `code` says why. It may pass."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class OperationIdentity(Protocol):
    """The operation that makes the call: its key makes retries safe, its id is in the object's
    metadata.

    `created_at` bounds the search for the object at Stripe.
    """

    @property
    def id(self) -> UUID: ...

    @property
    def idempotency_key(self) -> str: ...

    @property
    def created_at(self) -> datetime: ...


class AgentPriceRequest(msgspec.Struct, frozen=True):
    """`lookup_key` identifies the price of an agent's version; the amount of a price never changes.

    `replaces` is an earlier price of the version, which must not be sold any more. `is_monthly`:
    charged each month.
    """

    product_id: str
    name: str
    amount: Cents
    lookup_key: str
    agent_id: str
    replaces: str | None = None
    is_monthly: bool = False


class ProductUpdate(msgspec.Struct, frozen=True):
    """`is_active` False archives the product; True leaves it as it is, unless `is_back`."""

    product_id: str
    name: str
    is_active: bool = True
    is_back: bool = False


class PriceState(msgspec.Struct, frozen=True):
    """`is_sellable`: Checkout refuses an archived price and a price of an archived product."""

    id: str
    product_id: str
    is_sellable: bool


class CheckoutMode(StrEnum):
    PAYMENT = "payment"
    SUBSCRIPTION = "subscription"


class CheckoutLine(msgspec.Struct, frozen=True):
    price_id: str
    quantity: int = 1


class CheckoutRequest(msgspec.Struct, frozen=True):
    """A payment page for anything that has a price: an agent, a pack, a tier, an API plan.

    `reference` is the id of our row, `metadata` says what is bought. `expires_at` is unix time; the
    URLs are where the buyer's browser returns to. `transfer_group` is for payments, `trial_days`
    for subscriptions. `coupon_ids`: codes are typed and checked on our page, never on Stripe's.
    `automatic_tax`: the page asks for address and VAT number, and Stripe computes the VAT.
    """

    mode: CheckoutMode
    customer_id: str
    lines: tuple[CheckoutLine, ...]
    reference: str
    success_url: str
    cancel_url: str
    locale: str
    metadata: Mapping[str, str] = msgspec.field(default_factory=dict)
    expires_at: int | None = None
    transfer_group: str | None = None
    trial_days: int | None = None
    coupon_ids: tuple[str, ...] = ()
    automatic_tax: bool = False

    @property
    def price_ids(self) -> tuple[str, ...]:
        return tuple(line.price_id for line in self.lines)


class CheckoutStatus(StrEnum):
    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class Charge(msgspec.Struct, frozen=True):
    """A captured payment: `fee` is Stripe's, `created` is Stripe's time of payment."""

    id: str
    payment_intent_id: str
    amount: Cents
    refunded: Cents
    fee: Cents
    receipt_url: str | None
    created: datetime


class CheckoutSession(msgspec.Struct, frozen=True):
    """`url` only while open; `charge` once paid, or `subscription_id`; amounts as charged.

    `kind` and `order_id` say which row of ours it belongs to; None where somebody else made it.
    """

    id: str
    status: CheckoutStatus
    is_paid: bool
    url: str | None
    expires_at: datetime
    kind: str | None
    order_id: UUID | None
    amount_total: Cents
    amount_discount: Cents
    amount_tax: Cents
    charge: Charge | None
    invoice_url: str | None
    last_decline: str | None
    subscription_id: str | None = None
    invoice_id: str | None = None


class TransferRequest(msgspec.Struct, frozen=True):
    """Grouped with its order, or with the others of its affiliate's month, by `transfer_group`.

    Funded by this charge; None: by our available balance. It is of a payment, or of a payout.
    """

    amount: Cents
    destination: str
    source_charge: str | None
    transfer_group: str
    payment_id: str | None = None
    payout_id: str | None = None

    @property
    def subject(self) -> dict[str, str]:
        """For the metadata."""
        named = {"payment_id": self.payment_id, "payout_id": self.payout_id}
        return {name: value for name, value in named.items() if value is not None}


class ReversalRequest(msgspec.Struct, frozen=True):
    """What comes back of a transfer."""

    transfer_id: str
    amount: Cents
    payment_id: str


class RefundRequest(msgspec.Struct, frozen=True):
    payment_intent_id: str
    amount: Cents
    payment_id: str


class ConnectAccountRequest(msgspec.Struct, frozen=True):
    email: str
    name: str
    country: str
    user_id: str


class ConnectUpdate(msgspec.Struct, frozen=True):
    account_id: str
    email: str
    name: str


class ConnectState(msgspec.Struct, frozen=True):
    """`transfers_status` is Stripe's value: active, pending, restricted, rejected, unsupported.
    `banks` are the fingerprints of where it pays out to; None where nobody asked."""

    id: str
    transfers_status: str
    requirements: tuple[str, ...]
    is_closed: bool
    banks: tuple[str, ...] | None = None

    @property
    def can_be_paid(self) -> bool:
        return self.transfers_status == "active" and not self.is_closed


class EventSummary(msgspec.Struct, frozen=True):
    """What the inbox stores of an event; `created` is Stripe's time.

    `object_id` is empty if Stripe names none; `related_account` is the connected account.
    """

    id: str
    type: str
    object_id: str
    related_account: str | None
    created: datetime


class BalanceMovement(msgspec.Struct, frozen=True):
    """One line of the platform's Stripe balance.

    `of_id` is the refunded charge or reversed transfer.

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
