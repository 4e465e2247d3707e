"""Calls about money that buyers pay and creators get: Checkout, transfers, refunds."""

from chenu.billing import gateway, stripe_objects
from chenu.billing.gateway import StripeRefusal
from chenu.billing.stripe_gateway import StripeCaller
from chenu.core.money import CURRENCY


class StripePayments(StripeCaller):
    """The payment part of gateway.Gateway."""

    async def create_checkout(
        self, request: gateway.CheckoutRequest, key: str
    ) -> gateway.CheckoutSession:
        metadata = {
            "kind": "agent",
            "purchase_id": request.purchase_id,
            "agent_id": request.agent_id,
            "account_id": request.account_id,
        }
        session = await self.ask(
            lambda: self.client.v1.checkout.sessions.create_async(
                {
                    "mode": "payment",
                    "ui_mode": "hosted_page",
                    "customer": request.customer_id,
                    "client_reference_id": request.purchase_id,
                    "line_items": [{"price": request.price_id, "quantity": 1}],
                    "allowed_payment_method_types": ["card"],
                    "success_url": request.success_url,
                    "cancel_url": request.cancel_url,
                    "locale": "en" if request.locale == "en" else "fr",
                    "expires_at": request.expires_at,
                    "payment_intent_data": {
                        "transfer_group": f"order_{request.purchase_id}",
                        "metadata": metadata,
                    },
                    "invoice_creation": {"enabled": True},
                    "adaptive_pricing": {"enabled": False},
                    "metadata": metadata,
                    "expand": list(stripe_objects.SESSION_EXPAND),
                },
                {"idempotency_key": key},
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
        self, customer_id: str, purchase_id: str
    ) -> gateway.CheckoutSession | None:
        """Among the customer's latest sessions, for when the idempotency key is too old."""
        sessions = await self.ask(
            lambda: self.client.v1.checkout.sessions.list_async(
                {"customer": customer_id, "limit": 100}
            )
        )
        for session in sessions.data:
            if session.client_reference_id == purchase_id:
                return await self.get_checkout(session.id)
        return None

    async def expire_checkout(self, session_id: str, key: str) -> None:
        """A session that is complete or expired already stays as it is."""
        try:
            await self.ask(
                lambda: self.client.v1.checkout.sessions.expire_async(
                    session_id, {}, {"idempotency_key": key}
                )
            )
        except StripeRefusal as refusal:
            if refusal.code == "resource_missing":
                raise

    async def create_transfer(self, request: gateway.TransferRequest, key: str) -> str:
        transfer = await self.ask(
            lambda: self.client.v1.transfers.create_async(
                {
                    "amount": request.amount,
                    "currency": CURRENCY.lower(),
                    "destination": request.destination,
                    "source_transaction": request.source_charge,
                    "transfer_group": request.transfer_group,
                    "metadata": {"payment_id": request.payment_id},
                },
                {"idempotency_key": key},
            )
        )
        stripe_objects.require_ours(transfer.id, transfer.currency)
        return transfer.id

    async def find_transfer(self, transfer_group: str) -> str | None:
        found = await self.ask(
            lambda: self.client.v1.transfers.list_async(
                {"transfer_group": transfer_group, "limit": 1}
            )
        )
        for transfer in found.data:
            stripe_objects.require_ours(transfer.id, transfer.currency)
            return transfer.id
        return None

    async def create_refund(self, request: gateway.RefundRequest, key: str) -> str:
        refund = await self.ask(
            lambda: self.client.v1.refunds.create_async(
                {
                    "payment_intent": request.payment_intent_id,
                    "amount": request.amount,
                    "metadata": {"payment_id": request.payment_id},
                },
                {"idempotency_key": key},
            )
        )
        stripe_objects.require_ours(refund.id, refund.currency)
        return refund.id

    async def find_refund(self, payment_intent_id: str, payment_id: str) -> str | None:
        found = await self.ask(
            lambda: self.client.v1.refunds.list_async(
                {"payment_intent": payment_intent_id, "limit": 100}
            )
        )
        for refund in found.data:
            if refund.metadata and refund.metadata.to_dict().get("payment_id") == payment_id:
                stripe_objects.require_ours(refund.id, refund.currency)
                return refund.id
        return None
