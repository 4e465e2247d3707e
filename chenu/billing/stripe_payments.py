"""Calls about money that buyers pay and creators get: Checkout, transfers, refunds."""

from chenu.billing import gateway, stripe_objects
from chenu.billing.gateway import OperationIdentity, StripeRefusal
from chenu.billing.stripe_gateway import PAGE, StripeCaller, metadata_of, since
from chenu.core.money import CURRENCY


class StripePayments(StripeCaller):
    """The payment part of gateway.Gateway."""

    async def create_checkout(
        self, request: gateway.CheckoutRequest, by: OperationIdentity
    ) -> gateway.CheckoutSession:
        metadata = metadata_of(
            by,
            kind="agent",
            purchase_id=request.purchase_id,
            agent_id=request.agent_id,
            account_id=request.account_id,
        )
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
                    "invoice_creation": {"enabled": True, "invoice_data": {"metadata": metadata}},
                    "adaptive_pricing": {"enabled": False},
                    "metadata": metadata,
                    "expand": list(stripe_objects.SESSION_EXPAND),
                },
                {"idempotency_key": by.idempotency_key},
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

    async def create_transfer(self, request: gateway.TransferRequest, by: OperationIdentity) -> str:
        transfer = await self.ask(
            lambda: self.client.v1.transfers.create_async(
                {
                    "amount": request.amount,
                    "currency": CURRENCY.lower(),
                    "destination": request.destination,
                    "source_transaction": request.source_charge,
                    "transfer_group": request.transfer_group,
                    "metadata": metadata_of(by, payment_id=request.payment_id),
                },
                {"idempotency_key": by.idempotency_key},
            )
        )
        return transfer.id

    async def find_transfer(self, transfer_group: str, by: OperationIdentity) -> str | None:
        """Of all that was paid in the group: other months and other parts are other operations'."""
        found = await self.find_made(
            by,
            lambda: self.client.v1.transfers.list_async(
                {"transfer_group": transfer_group, "created": {"gte": since(by)}, "limit": PAGE}
            ),
        )
        return None if found is None else found.id

    async def create_refund(self, request: gateway.RefundRequest, by: OperationIdentity) -> str:
        refund = await self.ask(
            lambda: self.client.v1.refunds.create_async(
                {
                    "payment_intent": request.payment_intent_id,
                    "amount": request.amount,
                    "metadata": metadata_of(by, payment_id=request.payment_id),
                },
                {"idempotency_key": by.idempotency_key},
            )
        )
        return refund.id

    async def find_refund(self, payment_intent_id: str, by: OperationIdentity) -> str | None:
        """A payment may be refunded in several parts."""
        found = await self.find_made(
            by,
            lambda: self.client.v1.refunds.list_async(
                {
                    "payment_intent": payment_intent_id,
                    "created": {"gte": since(by)},
                    "limit": PAGE,
                }
            ),
        )
        return None if found is None else found.id
