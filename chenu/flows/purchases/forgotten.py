"""Requests to buy for which no payment page ever opened."""

from datetime import timedelta
from uuid import UUID

from chenu.agents.model import PurchaseId
from chenu.agents.purchases import get_purchase, list_pending_since
from chenu.core.clock import system_now
from chenu.flows.operations.repair import repair_one
from chenu.flows.purchases.checkout import close_checkout
from chenu.flows.services import Services
from chenu.ledger import open_operations

_NEVER_OPENED_AFTER = timedelta(hours=1)


async def close_forgotten(services: Services) -> None:
    """Requests whose page was never asked for, or refused, an hour later: nothing can be paid."""
    last, before = PurchaseId(UUID(int=0)), system_now() - _NEVER_OPENED_AFTER
    while pending := await list_pending_since(before, after=last):
        known = await open_operations.find_subjects(pending)
        for purchase_id in pending:
            if purchase_id not in known:
                await repair_one(_close(services, purchase_id), purchase=str(purchase_id))
        last = pending[-1]


async def _close(services: Services, purchase_id: PurchaseId) -> None:
    await close_checkout(services, await get_purchase(purchase_id))
