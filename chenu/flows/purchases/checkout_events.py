"""Events about payment pages: what became of the purchase is asked, and settled."""

from uuid import UUID

from chenu.agents.model import PurchaseId
from chenu.billing.gateway import CheckoutSession
from chenu.billing.inbox import InboxEvent
from chenu.flows.event_types import EventOutcome, EventScope, EventType
from chenu.flows.operations.runner import run_operation
from chenu.flows.purchases.pages import PURCHASE_PAGES
from chenu.flows.purchases.settle_purchase import settle_session
from chenu.flows.services import Services


async def follow_checkout(services: Services, event: InboxEvent) -> EventOutcome:
    """A page that we do not know is asked about as well: its id may have been lost on the way."""
    if not event.object_id:
        return EventOutcome.IGNORED
    session = await services.checkouts.get_checkout(event.object_id)
    purchase_id = _find_purchase(session)
    if purchase_id is None:
        return EventOutcome.IGNORED  # a page of another kind
    operation = await PURCHASE_PAGES.find_outcome(purchase_id)
    if operation is not None and operation.is_open:
        await run_operation(services, operation.id)
    else:
        await settle_session(services, session)
    return EventOutcome.HANDLED


def _find_purchase(session: CheckoutSession) -> PurchaseId | None:
    try:
        return PurchaseId(UUID(session.purchase_id or ""))
    except ValueError:
        return None


CHECKOUT_EVENTS = tuple(
    EventType(f"checkout.session.{what}", EventScope.PLATFORM, follow_checkout)
    for what in ("completed", "async_payment_succeeded", "async_payment_failed", "expired")
)
