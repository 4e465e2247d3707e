"""What the next invoice of a subscription will be, and what it will be charged to."""

import msgspec

from chenu.billing.renewals import RenewalPreview
from chenu.billing.stripe_gateway import StripeCaller
from chenu.core.money import Cents


class StripeRenewals(StripeCaller):
    """The part of ports.SubscriptionPort that only looks ahead."""

    async def preview_renewal(self, subscription_id: str) -> RenewalPreview:
        """The next invoice as Stripe will make it: with discounts, taxes and what is owed."""
        found = await self.ask(
            lambda: self.client.v1.subscriptions.retrieve_async(
                subscription_id, {"expand": ["customer"]}
            )
        )
        preview = await self.ask(
            lambda: self.client.v1.invoices.create_preview_async({"subscription": subscription_id})
        )
        payer = msgspec.convert(found.to_dict(), _Payer)
        return RenewalPreview(Cents(preview.amount_due), payer.has_card)


class _InvoiceSettings(msgspec.Struct):
    default_payment_method: str | None = None


class _Customer(msgspec.Struct):
    invoice_settings: _InvoiceSettings


class _Payer(msgspec.Struct):
    """A subscription with its customer: what renewals are charged to."""

    customer: _Customer
    default_payment_method: str | None = None

    @property
    def has_card(self) -> bool:
        settings = self.customer.invoice_settings
        return bool(self.default_payment_method or settings.default_payment_method)
