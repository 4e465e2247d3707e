"""Calls that only read: Stripe's event list and the platform's balance, page by page."""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from chenu.billing import gateway, stripe_objects
from chenu.billing.stripe_gateway import PAGE, StripeCaller

if TYPE_CHECKING:
    from chenu.billing.stripe_gateway import MovementListParams

_MOST_TYPES = 20
"""The most event types that Stripe accepts in `types`."""


class StripeReports(StripeCaller):
    """Implements ports.ReportPort."""

    async def list_events(
        self, types: Sequence[str], since: datetime
    ) -> AsyncIterator[gateway.EventSummary]:
        """Snapshot events of our own account since then. Stripe lists 30 days."""
        created = int(since.timestamp())
        events = self.client.v1.events
        for names in _split(types):
            listed = self.iterate(
                partial(
                    events.list_async,
                    {"types": names, "created": {"gte": created}, "limit": PAGE},
                )
            )
            async for event in listed:
                yield stripe_objects.read_event(event.to_dict())

    async def list_thin_events(
        self, types: Sequence[str], since: datetime
    ) -> AsyncIterator[gateway.EventSummary]:
        """Events of API v2 since then. In the list they name no object; some name their account."""
        created = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        events = self.client.v2.core.events
        for names in _split(types):
            listed: AsyncIterator[Any] = self.iterate(
                partial(
                    events.list_async,
                    {"types": names, "created": {"gte": created}, "limit": PAGE},
                )
            )
            async for event in listed:
                yield stripe_objects.read_thin_event(event.to_dict())

    async def list_balance_movements(
        self, since: datetime
    ) -> AsyncIterator[gateway.BalanceMovement]:
        """Every line of the platform's balance since then, newest first."""
        async for line in self._list_movements({"created": {"gte": int(since.timestamp())}}):
            yield line

    async def list_movements_of(self, source_id: str) -> AsyncIterator[gateway.BalanceMovement]:
        """Every line that this charge, transfer, refund, reversal or dispute has caused."""
        async for line in self._list_movements({"source": source_id}):
            yield line

    async def _list_movements(
        self, params: "MovementListParams"
    ) -> AsyncIterator[gateway.BalanceMovement]:
        asked: MovementListParams = {**params, "limit": PAGE, "expand": ["data.source"]}
        lines = self.iterate(partial(self.client.v1.balance_transactions.list_async, asked))
        async for line in lines:
            yield stripe_objects.read_movement(line.to_dict())


def _split(types: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(types), _MOST_TYPES):
        yield list(types[start : start + _MOST_TYPES])
