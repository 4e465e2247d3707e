"""Events about the payment pages of packs."""

from uuid import UUID

from chenu.billing.gateway import CheckoutSession
from chenu.flows.operations.runner import run_operation
from chenu.flows.packs.pages import PACK_PAGES
from chenu.flows.services import Services


async def follow_pack_page(services: Services, order_id: UUID, session: CheckoutSession) -> None:
    """What was paid is credited at once. A page whose answer was lost is adopted first."""
    for find in (PACK_PAGES.find_opening, PACK_PAGES.find_outcome):
        operation = await find(order_id)
        if operation is not None and operation.is_open:
            await run_operation(services, operation.id)
