"""Calls that only read: Stripe's event list and the platform's balance, page by page."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from chenu.billing import gateway, stripe_objects
from chenu.billing.stripe_gateway import PAGE, StripeCaller


class StripeReports(StripeCaller):
    """Implements ports.ReportPort."""

    async def list_events(
        self, types: Sequence[str], since: datetime
    ) -> AsyncIterator[gateway.EventSummary]:
        """Snapshot events since then, newest first. Stripe keeps them for 30 days."""
        events = self.iterate(
            lambda: self.client.v1.events.list_async(
                {
                    "types": list(types),
                    "created": {"gte": int(since.timestamp())},
                    "limit": PAGE,
                }
            )
        )
        async for event in events:
            yield stripe_objects.read_event(event.to_dict())

    async def list_balance_movements(
        self, since: datetime
    ) -> AsyncIterator[gateway.BalanceMovement]:
        """Every line of the platform's balance since then, newest first."""
        lines = self.iterate(
            lambda: self.client.v1.balance_transactions.list_async(
                {
                    "created": {"gte": int(since.timestamp())},
                    "limit": PAGE,
                    "expand": ["data.source"],
                }
            )
        )
        async for line in lines:
            yield stripe_objects.read_movement(line.to_dict())
