"""Calls about the card that a subscription is charged with: the page on which it is changed, and
the payment of an open invoice with it.
"""

from typing import Any

import msgspec

from chenu.billing.gateway import OperationIdentity, StripeRefusal
from chenu.billing.recurring import Card
from chenu.billing.stripe_gateway import PAGE, StripeCaller, read_metadata

_OURS = "chenu"
"""The metadata key that marks what we configured."""

_CARD_PAGE = "card_page"
_PAID = "invoice_already_paid"
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

    async def open_card_page(self, customer_id: str, return_url: str, locale: str) -> str:
        """The URL of a page for one visit, on which nothing but the card is changed."""
        configuration = await self._find_configuration() or await self._make_configuration()
        session = await self.ask(
            lambda: self.client.v1.billing_portal.sessions.create_async(
                {
                    "customer": customer_id,
                    "configuration": configuration,
                    "locale": "en" if locale == "en" else "fr",
                    "return_url": return_url,
                    "flow_data": {
                        "type": "payment_method_update",
                        "after_completion": {
                            "type": "redirect",
                            "redirect": {"return_url": return_url},
                        },
                    },
                }
            )
        )
        return session.url

    async def _find_configuration(self) -> str | None:
        configurations = self.client.v1.billing_portal.configurations
        async for found in self.iterate(
            lambda: configurations.list_async({"active": True, "limit": PAGE})
        ):
            if read_metadata(found).get(_OURS) == _CARD_PAGE:
                return found.id
        return None

    async def _make_configuration(self) -> str:
        made = await self.ask(
            lambda: self.client.v1.billing_portal.configurations.create_async(
                {
                    "features": {"payment_method_update": {"enabled": True}},
                    "metadata": {_OURS: _CARD_PAGE},
                }
            )
        )
        return made.id

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
