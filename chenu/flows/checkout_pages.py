"""What every payment page of Stripe's has in common, whatever is bought on it."""

from datetime import timedelta

import msgspec
from msgspec.structs import replace

from chenu.billing.gateway import CheckoutRequest
from chenu.core.clock import system_now
from chenu.core.errors import RefusedError
from chenu.ledger.operations import NewOperation

SESSION_LIFE = timedelta(minutes=30, seconds=30)
"""Stripe's shortest is 30 minutes from when the request arrives there."""


class PaymentFailed(RefusedError):
    """The payment page could not be opened, or the payment did not come about."""

    code = "PAYMENT_FAILED"


class SessionParams(msgspec.Struct, frozen=True):
    """Of an operation that asks about a page, or closes it."""

    session_id: str


def next_expiry() -> int:
    """When a page that is opened now closes, in unix time."""
    return int((system_now() + SESSION_LIFE).timestamp())


def not_opened() -> PaymentFailed:
    return PaymentFailed("The payment page could not be opened. Nothing was charged")


def with_tax(opening: NewOperation, *, is_on: bool) -> NewOperation:
    """The operation that opens a page, with VAT computed by Stripe or not: frozen with it."""
    request: CheckoutRequest = opening.params
    return replace(opening, params=replace(request, automatic_tax=is_on))
