"""Calls of `chenu bootstrap-stripe`: products, prices and webhook endpoints, created or matched.

They have no operations: a product is found by its id, a price by its lookup key, an endpoint by its
name in the metadata.
"""

from typing import Any

import msgspec

from chenu.billing.gateway import StripeRefusal
from chenu.billing.stripe_gateway import API_VERSION
from chenu.billing.stripe_portal import StripePortal
from chenu.core.money import CURRENCY, Cents

_OURS = "chenu"
"""The metadata key that marks our own endpoints."""


class ProductRequest(msgspec.Struct, frozen=True):
    """`id` is chosen by us, so that a second run finds it."""

    id: str
    name: str
    kind: str


class PriceRequest(msgspec.Struct, frozen=True):
    """`interval` is month, year or None for once.

    After a change `lookup_key` moves to the new price.
    """

    product_id: str
    lookup_key: str
    amount: Cents
    interval: str | None = None


class EndpointRequest(msgspec.Struct, frozen=True):
    """`name` is snapshot, connect or thin; `events` is in a fixed order.

    `of_connected`: events of connected accounts instead of our own.
    """

    name: str
    url: str
    events: tuple[str, ...]
    of_connected: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """`result` is created, updated or unchanged; `secret` is set only for a new endpoint."""

    what: str
    result: str
    secret: str | None = None


class StripeCatalogue(StripePortal):
    """Idempotent because it looks first: nothing is created twice, nothing unchanged is updated."""

    async def put_product(self, request: ProductRequest) -> Outcome:
        what = f"product {request.id}"
        try:
            found = await self.ask(lambda: self.client.v1.products.retrieve_async(request.id))
        except StripeRefusal as refusal:
            if refusal.code != "resource_missing":
                raise
            await self.ask(
                lambda: self.client.v1.products.create_async(
                    {"id": request.id, "name": request.name, "metadata": {"kind": request.kind}}
                )
            )
            return Outcome(what, "created")
        if found.name == request.name and found.active:
            return Outcome(what, "unchanged")
        await self.ask(
            lambda: self.client.v1.products.update_async(
                request.id, {"name": request.name, "active": True}
            )
        )
        return Outcome(what, "updated")

    async def put_price(self, request: PriceRequest) -> Outcome:
        """A changed amount needs a new price, which takes over the key.

        The old price is archived.
        """
        what = f"price {request.lookup_key}"
        found = await self.ask(
            lambda: self.client.v1.prices.list_async(
                {"lookup_keys": [request.lookup_key], "limit": 1}
            )
        )
        old = found.data[0] if found.data else None
        if old is not None:
            interval = old.recurring.interval if old.recurring else None
            same = (old.unit_amount, interval, old.active) == (
                request.amount,
                request.interval,
                True,
            )
            if same:
                return Outcome(what, "unchanged")
        await self._make_price(request)
        if old is None:
            return Outcome(what, "created")
        retired = old.id
        await self.ask(lambda: self.client.v1.prices.update_async(retired, {"active": False}))
        return Outcome(what, "updated")

    async def _make_price(self, request: PriceRequest) -> None:
        create = self.client.v1.prices.create_async
        if request.interval is None:
            await self.ask(
                lambda: create(
                    {
                        "product": request.product_id,
                        "currency": CURRENCY.lower(),
                        "unit_amount": request.amount,
                        "lookup_key": request.lookup_key,
                        "transfer_lookup_key": True,
                        "tax_behavior": "inclusive",
                    }
                )
            )
            return
        interval = "year" if request.interval == "year" else "month"
        await self.ask(
            lambda: create(
                {
                    "product": request.product_id,
                    "currency": CURRENCY.lower(),
                    "unit_amount": request.amount,
                    "lookup_key": request.lookup_key,
                    "transfer_lookup_key": True,
                    "tax_behavior": "inclusive",
                    "recurring": {"interval": interval},
                }
            )
        )

    async def put_snapshot_endpoint(self, request: EndpointRequest) -> Outcome:
        """Pinned to our API version: otherwise events arrive in the account's default version."""
        what = f"webhook endpoint {request.name}"
        page = await self.ask(lambda: self.client.v1.webhook_endpoints.list_async({"limit": 100}))
        ours = [known for known in page.data if known.metadata.to_dict().get(_OURS) == request.name]
        if not ours:
            return Outcome(what, "created", secret=await self._make_snapshot_endpoint(request))
        if ours[0].url == request.url and set(ours[0].enabled_events) == set(request.events):
            return Outcome(what, "unchanged")
        events: list[Any] = list(request.events)  # the SDK expects literals, our list is data
        await self.ask(
            lambda: self.client.v1.webhook_endpoints.update_async(
                ours[0].id, {"url": request.url, "enabled_events": events}
            )
        )
        return Outcome(what, "updated")

    async def _make_snapshot_endpoint(self, request: EndpointRequest) -> str | None:
        events: list[Any] = list(request.events)
        made = await self.ask(
            lambda: self.client.v1.webhook_endpoints.create_async(
                {
                    "url": request.url,
                    "enabled_events": events,
                    "connect": request.of_connected,
                    "api_version": API_VERSION,
                    "metadata": {_OURS: request.name},
                }
            )
        )
        return made.secret

    async def put_thin_endpoint(self, request: EndpointRequest) -> Outcome:
        what = f"webhook endpoint {request.name}"
        page = await self.ask(
            lambda: self.client.v2.core.event_destinations.list_async(
                {"limit": 100, "include": ["webhook_endpoint.url"]}
            )
        )
        ours = [known for known in page.data if _name_of(known) == request.name]
        if not ours:
            return Outcome(what, "created", secret=await self._make_thin_endpoint(request))
        url = ours[0].webhook_endpoint.url if ours[0].webhook_endpoint else None
        if url == request.url and set(ours[0].enabled_events) == set(request.events):
            return Outcome(what, "unchanged")
        await self._move_thin_endpoint(ours[0].id, request)
        return Outcome(what, "updated")

    async def _move_thin_endpoint(self, destination_id: str, request: EndpointRequest) -> None:
        await self.ask(
            lambda: self.client.v2.core.event_destinations.update_async(
                destination_id,
                {"enabled_events": list(request.events), "webhook_endpoint": {"url": request.url}},
            )
        )

    async def _make_thin_endpoint(self, request: EndpointRequest) -> str | None:
        made = await self.ask(
            lambda: self.client.v2.core.event_destinations.create_async(
                {
                    "name": "CHE·NU accounts",
                    "type": "webhook_endpoint",
                    "event_payload": "thin",
                    "enabled_events": list(request.events),
                    "events_from": ["@accounts"],
                    "webhook_endpoint": {"url": request.url},
                    "metadata": {_OURS: request.name},
                    "include": ["webhook_endpoint.signing_secret"],
                }
            )
        )
        return made.webhook_endpoint.signing_secret if made.webhook_endpoint else None


def _name_of(destination: Any) -> str | None:
    """The name that we gave this event destination; None if it is not ours."""
    metadata = destination.metadata.to_dict() if destination.metadata else {}
    found: str | None = metadata.get(_OURS)
    return found
