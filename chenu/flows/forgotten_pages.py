"""Orders for which no payment page ever opened."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from chenu.core.clock import system_now
from chenu.flows.operations.repair import repair_one
from chenu.flows.packs.pages import PACK_PAGES
from chenu.flows.payment_pages import PaymentPages
from chenu.flows.purchases.pages import PURCHASE_PAGES
from chenu.flows.services import Services
from chenu.flows.subscriptions.pages import SUBSCRIPTION_PAGES
from chenu.ledger import open_operations

_NEVER_OPENED_AFTER = timedelta(hours=1)

_PAGES: tuple[PaymentPages[Any], ...] = (PURCHASE_PAGES, SUBSCRIPTION_PAGES, PACK_PAGES)


async def close_forgotten(services: Services) -> None:
    """Orders whose page was never asked for, or refused, an hour later: nothing can be paid."""
    for pages in _PAGES:
        await _close_forgotten(services, pages)


async def _close_forgotten(services: Services, pages: PaymentPages[Any]) -> None:
    last, before = UUID(int=0), system_now() - _NEVER_OPENED_AFTER
    while pending := await pages.list_unchanged(before, after=last):
        known = await open_operations.find_subjects(pending)
        for order_id in pending:
            if order_id not in known:
                await repair_one(_close(services, pages, order_id), order=str(order_id))
        last = pending[-1]


async def _close(services: Services, pages: PaymentPages[Any], order_id: UUID) -> None:
    await pages.close(services, await pages.get_order(order_id))
