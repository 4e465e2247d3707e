"""Calls about the VAT numbers of customers: at Stripe a customer has a list of them."""

from typing import Any

import msgspec

from chenu.billing.customer_requests import TaxIdChange, TaxIdState
from chenu.billing.gateway import OperationIdentity, StripeRefusal
from chenu.billing.stripe_gateway import PAGE, StripeCaller


class _Verification(msgspec.Struct):
    status: str | None = None


class _TaxId(msgspec.Struct):
    id: str
    type: str
    value: str
    customer: str | None = None
    verification: _Verification | None = None


class StripeTaxIds(StripeCaller):
    """Implements the part of ports.CustomerPort about VAT numbers."""

    async def put_tax_id(self, change: TaxIdChange, by: OperationIdentity) -> TaxIdState | None:
        """The customer has this number and no other; an earlier attempt is found and not
        repeated.
        """
        listed = self.client.v1.customers.tax_ids
        found = [
            _read(each.to_dict())
            async for each in self.iterate(
                lambda: listed.list_async(change.customer_id, {"limit": PAGE})
            )
        ]
        wanted = [one for one in found if (one.kind, one.value) == (change.kind, change.value)]
        for other in found:
            if other not in wanted[:1]:
                await self._delete(change.customer_id, other.id)
        if wanted:
            return wanted[0]
        return await self._create(change, by) if change.value else None

    async def _delete(self, customer_id: str, tax_id: str) -> None:
        delete = self.client.v1.customers.tax_ids.delete_async
        try:
            await self.ask(lambda: delete(customer_id, tax_id))
        except StripeRefusal as refusal:
            if not refusal.is_gone:
                raise

    async def _create(self, change: TaxIdChange, by: OperationIdentity) -> TaxIdState:
        kind: Any = change.kind  # the SDK expects literals, ours is data
        made = await self.ask(
            lambda: self.client.v1.customers.tax_ids.create_async(
                change.customer_id,
                {"type": kind, "value": change.value},
                {"idempotency_key": by.idempotency_key},
            )
        )
        return _read(made.to_dict())

    async def get_tax_id(self, tax_id: str) -> TaxIdState:
        found = await self.ask(lambda: self.client.v1.tax_ids.retrieve_async(tax_id))
        return _read(found.to_dict())


def _read(payload: dict[str, Any]) -> TaxIdState:
    found = msgspec.convert(payload, _TaxId)
    status = (found.verification.status if found.verification else None) or "unavailable"
    return TaxIdState(found.id, found.customer, found.type, found.value, status)
