"""Events about the payment pages on which subscriptions begin."""

from uuid import UUID

from chenu.billing.gateway import CheckoutSession
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.flows.subscriptions.pages import SUBSCRIPTION_PAGES


async def follow_order_page(services: Services, order_id: UUID, session: CheckoutSession) -> None:
    """What the page made is adopted, or what the order reserved is released.

    A page whose answer was lost is found by its operation, which adopts it first.
    """
    for find in (SUBSCRIPTION_PAGES.find_opening, SUBSCRIPTION_PAGES.find_outcome):
        operation = await find(order_id)
        if operation is not None and operation.is_open:
            await run_operation(services, operation.id)
