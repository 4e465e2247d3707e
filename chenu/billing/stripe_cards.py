"""Calls about the card that a subscription is charged with, and the payment of an open invoice."""

from typing import Any

import msgspec

from chenu.billing.gateway import OperationIdentity, StripeRefusal
from chenu.billing.recurring import Card
from chenu.billing.stripe_gateway import StripeCaller

_PAID = "invoice_already_paid"
_EXPAND = ["default_payment_method", "customer.invoice_settings.default_payment_method"]


class StripeCards(StripeCaller):
    """Implements ports.CardPort but for its page, and ports.InvoicePort."""

    async def find_card(self, subscription_id: str) -> Card | None:
        """The subscription's own card, else its customer's, as renewals choose it."""
        found = await self.ask(
            lambda: self.client.v1.subscriptions.retrieve_async(
                subscription_id, {"expand": list(_EXPAND)}
            )
        )
        return read_card(found.to_dict())

    async def pay_invoice(self, invoice_id: str, card_id: str, by: OperationIdentity) -> None:
        """Raises StripeRefusal when the bank declines, or wants its customer to confirm."""
        try:
            await self.ask(
                lambda: self.client.v1.invoices.pay_async(
                    invoice_id,
                    {"payment_method": card_id, "off_session": False},
                    {"idempotency_key": by.idempotency_key},
                )
            )
        except StripeRefusal as refusal:
            if refusal.code != _PAID:  # by Stripe's own next try, a moment before
                raise


class _CardDetails(msgspec.Struct):
    fingerprint: str | None = None


class _Method(msgspec.Struct):
    id: str
    card: _CardDetails | None = None


class _Settings(msgspec.Struct):
    default_payment_method: _Method | None = None


class _Customer(msgspec.Struct):
    """A deleted one has no settings."""

    invoice_settings: _Settings | None = None


class _Subscription(msgspec.Struct):
    """`customer` is its id alone once it is deleted."""

    customer: _Customer | str
    default_payment_method: _Method | None = None


def read_card(payload: dict[str, Any]) -> Card | None:
    found = msgspec.convert(payload, _Subscription)
    customer = found.customer
    settings = None if isinstance(customer, str) else customer.invoice_settings
    of_customer = settings.default_payment_method if settings else None
    method = found.default_payment_method or of_customer
    if method is None:
        return None
    return Card(method.id, method.card.fingerprint if method.card else None)
