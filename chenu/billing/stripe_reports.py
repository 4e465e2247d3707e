"""Calls that only read: Stripe's event list and the platform's balance, page by page."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from chenu.billing import gateway, stripe_objects
from chenu.billing.stripe_gateway import StripeCaller

_PAGE = 100
_MOST_TYPES = 20
"""Names that Stripe takes in one list's `types`."""

_FirstPage = Any
"""A list of API v1 or of v2: the SDK has a class for each, and both read on by themselves."""


class StripeReports(StripeCaller):
    """The reading half of gateway.Gateway."""

    async def list_events(
        self, types: Sequence[str], since: datetime
    ) -> AsyncIterator[gateway.EventSummary]:
        """Snapshot events of our own account since then. Stripe keeps them for 30 days."""
        created = int(since.timestamp())
        events = self.client.v1.events
        for names in _split(types):
            first = partial(
                events.list_async,
                {"types": names, "created": {"gte": created}, "limit": _PAGE},
            )
            async for event in self._read_pages(first):
                yield stripe_objects.read_event(event)

    async def list_thin_events(
        self, types: Sequence[str], since: datetime
    ) -> AsyncIterator[gateway.EventSummary]:
        """Events of API v2 since then. Listed, they name no object; some name their account."""
        created = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        events = self.client.v2.core.events
        for names in _split(types):
            first = partial(
                events.list_async,
                {"types": names, "created": {"gte": created}, "limit": _PAGE},
            )
            async for event in self._read_pages(first):
                yield stripe_objects.read_thin_event(event)

    async def list_balance_movements(
        self, since: datetime
    ) -> AsyncIterator[gateway.BalanceMovement]:
        """Every line of the platform's balance since then, newest first."""
        first = partial(
            self.client.v1.balance_transactions.list_async,
            {
                "created": {"gte": int(since.timestamp())},
                "limit": _PAGE,
                "expand": ["data.source"],
            },
        )
        async for line in self._read_pages(first):
            yield stripe_objects.read_movement(line)

    async def _read_pages(
        self, first: Callable[[], Awaitable[_FirstPage]]
    ) -> AsyncIterator[dict[str, Any]]:
        """Every object of a list. Whichever page fails raises as every call does."""
        page = await self.ask(first)
        objects = aiter(page.auto_paging_iter())
        while True:
            found = await self.ask(lambda: anext(objects, None))
            if found is None:
                return
            yield found.to_dict()


def _split(types: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(types), _MOST_TYPES):
        yield list(types[start : start + _MOST_TYPES])
