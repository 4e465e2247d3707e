"""Events about our customers, prices and products at Stripe: what is gone is forgotten."""

from collections.abc import Awaitable, Callable

from chenu.billing.inbox import InboxEvent
from chenu.flows.event_types import EventHandler, EventOutcome, EventScope, EventType
from chenu.flows.purchases.gone_objects import follow_customer, follow_price, follow_product
from chenu.flows.services import Services

_Follow = Callable[[Services, str], Awaitable[bool]]


def _handler(follow: _Follow) -> EventHandler[Services]:
    """`follow` says whether the object is one of ours."""

    async def handle(services: Services, event: InboxEvent) -> EventOutcome:
        is_ours = bool(event.object_id) and await follow(services, event.object_id)
        return EventOutcome.HANDLED if is_ours else EventOutcome.IGNORED

    return handle


_CUSTOMER, _PRICE, _PRODUCT = map(_handler, (follow_customer, follow_price, follow_product))

PROJECTION_EVENTS = (
    EventType("customer.deleted", EventScope.PLATFORM, _CUSTOMER),
    EventType("price.updated", EventScope.PLATFORM, _PRICE),
    EventType("price.deleted", EventScope.PLATFORM, _PRICE),
    EventType("product.updated", EventScope.PLATFORM, _PRODUCT),
    EventType("product.deleted", EventScope.PLATFORM, _PRODUCT),
)
