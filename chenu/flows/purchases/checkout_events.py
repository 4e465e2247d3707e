"""Events about the payment pages of purchases: the outcome is asked about, and settled."""

from uuid import UUID

from chenu.billing.gateway import CheckoutSession
from chenu.flows.operations.runner import run_operation
from chenu.flows.purchases.pages import PURCHASE_PAGES
from chenu.flows.purchases.settle_purchase import settle_session
from chenu.flows.services import Services


async def follow_purchase_page(
    services: Services, purchase_id: UUID, session: CheckoutSession
) -> None:
    """A page that we do not know is settled as well: its id may have been lost on the way."""
    operation = await PURCHASE_PAGES.find_outcome(purchase_id)
    if operation is not None and operation.is_open:
        await run_operation(services, operation.id)
    else:
        await settle_session(services, session)
