"""`chenu reconcile`: what Stripe has and we lack is fetched and followed; what differs is named.

The worker's hourly part compares the last days of Stripe's balance. docs/operations.md.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from chenu.billing import inbox
from chenu.billing.inbox import InboxEvent
from chenu.core.clock import business_now
from chenu.flows.events.handling import handle_event
from chenu.flows.events.polling import poll_events
from chenu.flows.operations.repair import repair_all, repair_one
from chenu.flows.services import Services
from chenu.flows.stripe_balance import SETTLING, check_stripe
from chenu.ledger import open_operations
from chenu.ledger.findings import record_findings
from chenu.ledger.invariants import Finding
from chenu.ledger.operations import OperationId

_EACH_HOUR = timedelta(days=2)
"""How far back the hourly comparison looks: a worker that was away for a day misses nothing."""


class Reconciliation(msgspec.Struct, frozen=True):
    """`found`: events that had not arrived; `failing` and `open_operations`: what is left."""

    found: int
    failing: Sequence[InboxEvent]
    open_operations: Sequence[OperationId]
    balance: Finding

    @property
    def ok(self) -> bool:
        """Open operations are no fault of the books: some wait for a creator or for Stripe."""
        return self.balance.ok and not self.failing


async def reconcile(services: Services, since: datetime) -> Reconciliation:
    """Reads Stripe's events (of 30 days at most) and balance since then, in business time.

    Raises ProviderUnavailable.
    """
    found = await poll_events(services, since=since)
    await inbox.reopen_failed(since)
    await _handle_waiting(services)
    await repair_all(services)
    balance = await check_stripe(services.reports, since, settling=SETTLING)
    await record_findings([balance])
    return Reconciliation(
        found, await inbox.list_failing(since), await open_operations.list_open(), balance
    )


async def _handle_waiting(services: Services) -> None:
    """Those that fail have their next attempt later, so that the list ends."""
    seen = set[str]()
    while new := [each for each in await inbox.list_waiting() if each not in seen]:
        for event_id in new:
            seen.add(event_id)
            await repair_one(handle_event(services, event_id), stripe_event=event_id)


async def check_recent_balance(services: Services) -> Finding:
    """I15 of the last days. Raises ProviderUnavailable."""
    since = business_now() - _EACH_HOUR
    balance = await check_stripe(services.reports, since, settling=SETTLING)
    await record_findings([balance])
    return balance
