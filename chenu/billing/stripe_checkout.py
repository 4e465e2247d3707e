"""Calls about payment pages, with one request type for everything that has a price."""

from typing import TYPE_CHECKING

from chenu.billing import gateway, stripe_objects
from chenu.billing.gateway import CheckoutMode, CheckoutRequest, OperationIdentity, StripeRefusal
from chenu.billing.stripe_gateway import PAGE, StripeCaller, metadata_of, since

if TYPE_CHECKING:
    from chenu.billing.stripe_gateway import SessionParams, SubscriptionParams


def session_params(request: CheckoutRequest, by: OperationIdentity) -> "SessionParams":
    """The parameters of a page: the common ones, then those of its mode."""
    metadata = metadata_of(by, **request.metadata)
    params: SessionParams = {
        "mode": request.mode.value,
        "ui_mode": "hosted_page",
        "customer": request.customer_id,
        "client_reference_id": request.reference,
        "line_items": [
            {"price": line.price_id, "quantity": line.quantity} for line in request.lines
        ],
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "locale": "en" if request.locale == "en" else "fr",
        "adaptive_pricing": {"enabled": False},
        "metadata": metadata,
        "expand": list(stripe_objects.SESSION_EXPAND),
    }
    if request.expires_at is not None:
        params["expires_at"] = request.expires_at
    if request.coupon_ids:
        params["discounts"] = [{"coupon": coupon_id} for coupon_id in request.coupon_ids]
    if request.automatic_tax:
        _add_tax(params)
    if request.mode is CheckoutMode.PAYMENT:
        _add_payment(params, request, metadata)
    else:
        _add_subscription(params, request, metadata)
    return params


def _add_tax(params: "SessionParams") -> None:
    """The customer takes over what the page asks for; our prices include the VAT."""
    params["automatic_tax"] = {"enabled": True}
    params["tax_id_collection"] = {"enabled": True}
    params["customer_update"] = {"address": "auto", "name": "auto"}


def _add_payment(
    params: "SessionParams", request: CheckoutRequest, metadata: dict[str, str]
) -> None:
    """Cards only: other methods may settle days later. The invoice is the buyer's receipt."""
    params["allowed_payment_method_types"] = ["card"]
    params["payment_intent_data"] = {"metadata": metadata}
    if request.transfer_group is not None:
        params["payment_intent_data"]["transfer_group"] = request.transfer_group
    params["invoice_creation"] = {"enabled": True, "invoice_data": {"metadata": metadata}}


def _add_subscription(
    params: "SessionParams", request: CheckoutRequest, metadata: dict[str, str]
) -> None:
    """Stripe creates the invoices. A trial needs no card, and ends without one."""
    data: SubscriptionParams = {
        "metadata": metadata,
        "billing_mode": {"type": "flexible"},
    }
    if request.trial_days is not None:
        data["trial_period_days"] = request.trial_days
        data["trial_settings"] = {"end_behavior": {"missing_payment_method": "cancel"}}
        params["payment_method_collection"] = "if_required"
    params["subscription_data"] = data


class StripeCheckout(StripeCaller):
    """Implements ports.CheckoutPort."""

    async def create_checkout(
        self, request: CheckoutRequest, by: OperationIdentity
    ) -> gateway.CheckoutSession:
        session = await self.ask(
            lambda: self.client.v1.checkout.sessions.create_async(
                session_params(request, by), {"idempotency_key": by.idempotency_key}
            )
        )
        return stripe_objects.read_session(session.to_dict())

    async def get_checkout(self, session_id: str) -> gateway.CheckoutSession:
        session = await self.ask(
            lambda: self.client.v1.checkout.sessions.retrieve_async(
                session_id, {"expand": list(stripe_objects.SESSION_EXPAND)}
            )
        )
        return stripe_objects.read_session(session.to_dict())

    async def find_checkout(
        self, customer_id: str, by: OperationIdentity
    ) -> gateway.CheckoutSession | None:
        sessions = self.client.v1.checkout.sessions
        found = await self.find_made(
            by,
            lambda: sessions.list_async(
                {"customer": customer_id, "created": {"gte": since(by)}, "limit": PAGE}
            ),
        )
        return None if found is None else await self.get_checkout(found.id)

    async def expire_checkout(self, session_id: str, by: OperationIdentity) -> None:
        """A session that is complete or expired already stays as it is."""
        try:
            await self.ask(
                lambda: self.client.v1.checkout.sessions.expire_async(
                    session_id, {}, {"idempotency_key": by.idempotency_key}
                )
            )
        except StripeRefusal as refusal:
            if refusal.code == "resource_missing":
                raise
