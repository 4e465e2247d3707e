"""Calls about the card that a subscription is charged with."""

from typing import Any

import msgspec

from chenu.billing.recurring import Card
from chenu.billing.stripe_gateway import StripeCaller

_EXPAND = ["default_payment_method", "customer.invoice_settings.default_payment_method"]


class StripeCards(StripeCaller):
    """Implements ports.CardPort."""

    async def find_card(self, subscription_id: str) -> Card | None:
        """The subscription's own card, else its customer's, as renewals choose it."""
        found = await self.ask(
            lambda: self.client.v1.subscriptions.retrieve_async(
                subscription_id, {"expand": list(_EXPAND)}
            )
        )
        return read_card(found.to_dict())


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
    customer: _Customer
    default_payment_method: _Method | None = None


def read_card(payload: dict[str, Any]) -> Card | None:
    found = msgspec.convert(payload, _Subscription)
    settings = found.customer.invoice_settings
    method = found.default_payment_method
    if method is None and settings is not None:
        method = settings.default_payment_method
    if method is None:
        return None
    return Card(method.id, method.card.fingerprint if method.card else None)
