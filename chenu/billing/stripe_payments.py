"""Calls about money that leaves the platform's balance: transfers and refunds."""

from datetime import datetime
from typing import TYPE_CHECKING

from chenu.billing import gateway, stripe_objects
from chenu.billing.gateway import OperationIdentity
from chenu.billing.made_movements import MadeMovement
from chenu.billing.stripe_gateway import PAGE, StripeCaller, metadata_of, since
from chenu.core.money import CURRENCY, Cents

if TYPE_CHECKING:
    from chenu.billing.stripe_gateway import TransferParams


def _id_of(found: object) -> str | None:
    """Of an object that Stripe names or tells whole."""
    return found if found is None or isinstance(found, str) else str(getattr(found, "id", None))


class StripePayments(StripeCaller):
    """Implements ports.MoneyPort."""

    async def create_transfer(self, request: gateway.TransferRequest, by: OperationIdentity) -> str:
        params: TransferParams = {
            "amount": request.amount,
            "currency": CURRENCY.lower(),
            "destination": request.destination,
            "transfer_group": request.transfer_group,
            "metadata": metadata_of(by, **request.subject),
        }
        if request.source_charge is not None:
            params["source_transaction"] = request.source_charge
        transfer = await self.ask(
            lambda: self.client.v1.transfers.create_async(
                params, {"idempotency_key": by.idempotency_key}
            )
        )
        stripe_objects.require_ours(transfer.id, transfer.currency)
        return transfer.id

    async def find_transfer(self, transfer_group: str, by: OperationIdentity) -> str | None:
        """Other transfers of the group belong to other operations: other months, other
        receivers.
        """
        found = await self.find_made(
            by,
            lambda: self.client.v1.transfers.list_async(
                {"transfer_group": transfer_group, "created": {"gte": since(by)}, "limit": PAGE}
            ),
        )
        if found is None:
            return None
        stripe_objects.require_ours(found.id, found.currency)
        return found.id

    async def list_transfers(self, transfer_group: str, since: datetime) -> list[MadeMovement]:
        """Whoever made them. `since` is business time; later ones that were taken back whole are
        left out.
        """
        listed = self.iterate(
            lambda: self.client.v1.transfers.list_async(
                {
                    "transfer_group": transfer_group,
                    "created": {"gte": int(since.timestamp())},
                    "limit": PAGE,
                }
            )
        )
        return [
            MadeMovement(each.id, Cents(each.amount), _id_of(each.source_transaction))
            async for each in listed
            if not each.reversed
        ]

    async def create_reversal(self, request: gateway.ReversalRequest, by: OperationIdentity) -> str:
        made = await self.ask(
            lambda: self.client.v1.transfers.reversals.create_async(
                request.transfer_id,
                {
                    "amount": request.amount,
                    "metadata": metadata_of(by, payment_id=request.payment_id),
                },
                {"idempotency_key": by.idempotency_key},
            )
        )
        stripe_objects.require_ours(made.id, made.currency)
        return made.id

    async def find_reversal(self, transfer_id: str, by: OperationIdentity) -> str | None:
        """A transfer may have several; their list cannot be bounded by time."""
        found = await self.find_made(
            by,
            lambda: self.client.v1.transfers.reversals.list_async(transfer_id, {"limit": PAGE}),
        )
        return None if found is None else found.id

    async def list_reversals(self, transfer_id: str, since: datetime) -> list[MadeMovement]:
        """Whoever made them; `since` is business time."""
        listed = self.iterate(
            lambda: self.client.v1.transfers.reversals.list_async(transfer_id, {"limit": PAGE})
        )
        return [
            MadeMovement(each.id, Cents(each.amount))
            async for each in listed
            if each.created >= int(since.timestamp())
        ]

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
        stripe_objects.require_ours(refund.id, refund.currency)
        return refund.id

    async def find_refund(self, payment_intent_id: str, by: OperationIdentity) -> str | None:
        """A payment may have several partial refunds."""
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
        if found is None:
            return None
        stripe_objects.require_ours(found.id, found.currency)
        return found.id
