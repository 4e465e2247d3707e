"""Calls that update Stripe's copies of our rows: customers, products and prices."""

from typing import TYPE_CHECKING, Any

import msgspec

from chenu.billing import gateway
from chenu.billing.customer_requests import CustomerAddress, CustomerRequest, CustomerUpdate
from chenu.billing.gateway import OperationIdentity, StripeRefusal
from chenu.billing.stripe_gateway import PAGE, StripeCaller, metadata_of, since
from chenu.core.money import CURRENCY, is_our_currency

if TYPE_CHECKING:
    from chenu.billing.stripe_gateway import (
        AddressParams,
        ChangedCustomerParams,
        ChangedProductParams,
        NewCustomerParams,
        PriceParams,
    )


class _Address(msgspec.Struct):
    line1: str | None = None
    line2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None


class _Customer(msgspec.Struct):
    """A deleted one has no address."""

    postal_address: _Address | None = msgspec.field(name="address", default=None)


class StripeProjections(StripeCaller):
    """Implements ports.CustomerPort and ports.CataloguePort."""

    async def create_customer(self, request: CustomerRequest, by: OperationIdentity) -> str:
        params: NewCustomerParams = {
            "email": request.email,
            "name": request.name,
            "preferred_locales": [request.locale],
            "metadata": metadata_of(by, account_id=request.account_id),
        }
        if request.postal_address is not None:
            params["address"] = _address_params(request.postal_address)
        created = await self.ask(
            lambda: self.client.v1.customers.create_async(
                params, {"idempotency_key": by.idempotency_key}
            )
        )
        return created.id

    async def find_customer(self, email: str, by: OperationIdentity) -> str | None:
        found = await self.find_made(
            by,
            lambda: self.client.v1.customers.list_async(
                {"email": email, "created": {"gte": since(by)}, "limit": PAGE}
            ),
        )
        return None if found is None else found.id

    async def update_customer(self, change: CustomerUpdate, by: OperationIdentity) -> None:
        params: ChangedCustomerParams = {
            "email": change.email,
            "name": change.name,
            "preferred_locales": [change.locale],
        }
        if change.postal_address is not None:
            params["address"] = _address_params(change.postal_address)
        await self.ask(
            lambda: self.client.v1.customers.update_async(
                change.customer_id, params, {"idempotency_key": by.idempotency_key}
            )
        )

    async def delete_customer(self, customer_id: str) -> None:
        """Their subscriptions end with them; their payments and invoices stay.

        Stripe takes no idempotency key with DELETE, which is repeated without harm.
        """
        await self.ask(lambda: self.client.v1.customers.delete_async(customer_id))

    async def find_address(self, customer_id: str) -> CustomerAddress | None:
        """What Stripe prints on invoices; None also for a customer that was deleted.

        A state or province is left out: ours has no field for it.
        """
        found = await self.ask(lambda: self.client.v1.customers.retrieve_async(customer_id))
        place = msgspec.convert(found.to_dict(), _Customer).postal_address
        if place is None:
            return None
        return CustomerAddress(
            place.line1 or "",
            place.line2 or "",
            place.postal_code or "",
            place.city or "",
            place.country or "",
        )

    async def is_customer_there(self, customer_id: str) -> bool:
        """Stripe returns a stub marked as deleted for a deleted customer."""
        try:
            found = await self.ask(lambda: self.client.v1.customers.retrieve_async(customer_id))
        except StripeRefusal as refusal:
            if refusal.is_gone:
                return False
            raise
        return not getattr(found, "deleted", False)

    async def put_agent_price(
        self, request: gateway.AgentPriceRequest, by: OperationIdentity
    ) -> str:
        """Puts the product with our id, then the price with its lookup key; creates neither twice.

        The lookup key is taken over from a price that is archived, that differs in amount,
        currency or interval, or that this one replaces.
        """
        await self._put_product(request, by)
        found = await self.ask(
            lambda: self.client.v1.prices.list_async(
                {"lookup_keys": [request.lookup_key], "limit": 1}
            )
        )
        for price in found.data:
            is_right = is_our_currency(price.currency) and price.unit_amount == request.amount
            is_right = is_right and (price.recurring is not None) == request.is_monthly
            if price.active and is_right and price.id != request.replaces:
                return price.id
        created = await self.ask(
            lambda: self.client.v1.prices.create_async(
                _price_params(request, by), {"idempotency_key": f"{by.idempotency_key}:price"}
            )
        )
        return created.id

    async def _put_product(self, request: gateway.AgentPriceRequest, by: OperationIdentity) -> None:
        """Created if missing, reactivated if archived; its name is not changed."""
        create = self.client.v1.products.create_async
        try:
            await self.ask(
                lambda: create(
                    {
                        "id": request.product_id,
                        "name": request.name,
                        "metadata": metadata_of(by, agent_id=request.agent_id),
                    },
                    {"idempotency_key": f"{by.idempotency_key}:product"},
                )
            )
        except StripeRefusal as refusal:
            if refusal.code != "resource_already_exists":
                raise
        else:
            return
        known = await self.ask(lambda: self.client.v1.products.retrieve_async(request.product_id))
        if not known.active:
            await self.ask(
                lambda: self.client.v1.products.update_async(
                    request.product_id,
                    {"active": True},
                    {"idempotency_key": f"{by.idempotency_key}:active"},
                )
            )

    async def update_product(self, change: gateway.ProductUpdate, by: OperationIdentity) -> None:
        params: ChangedProductParams = {"name": change.name}
        if change.is_back or not change.is_active:
            params["active"] = change.is_active
        await self.ask(
            lambda: self.client.v1.products.update_async(
                change.product_id, params, {"idempotency_key": by.idempotency_key}
            )
        )

    async def find_price(self, price_id: str) -> gateway.PriceState | None:
        """None if Stripe does not have the price."""
        try:
            price = await self.ask(
                lambda: self.client.v1.prices.retrieve_async(price_id, {"expand": ["product"]})
            )
        except StripeRefusal as refusal:
            if refusal.is_gone:
                return None
            raise
        product: Any = price.product  # expanded: an object, or the stub of a deleted one
        is_sold = (
            price.active
            and is_our_currency(price.currency)
            and bool(getattr(product, "active", False))
        )
        return gateway.PriceState(price.id, product.id, is_sold)


def _price_params(request: gateway.AgentPriceRequest, by: OperationIdentity) -> "PriceParams":
    params: PriceParams = {
        "product": request.product_id,
        "currency": CURRENCY.lower(),
        "unit_amount": request.amount,
        "lookup_key": request.lookup_key,
        "transfer_lookup_key": True,
        "tax_behavior": "inclusive",
        "metadata": metadata_of(by, agent_id=request.agent_id),
    }
    if request.is_monthly:
        params["recurring"] = {"interval": "month"}
    return params


def _address_params(place: CustomerAddress) -> "AddressParams":
    """Empty parts are sent too, since they may have been filled before."""
    return {
        "line1": place.line1,
        "line2": place.line2,
        "postal_code": place.postal_code,
        "city": place.city,
        "country": place.country,
    }
