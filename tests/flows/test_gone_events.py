"""Events about customers, prices and products: what is gone is forgotten, and its pages close."""

import pytest

from chenu.agents.model import PurchaseStatus
from chenu.agents.purchases import get_purchase
from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.events.handling import handle_event
from chenu.flows.purchases.projection_events import PROJECTION_EVENTS
from chenu.flows.services import Services
from tests.flows.sales import (
    Market,
    open_page,
    start_buying,
)
from tests.flows.test_gone_objects import (
    Loss,
    archive_price,
    archive_product,
    customer_of,
    delete_customer,
    lose_everything,
    price_of,
)
from tests.rows import count
from tests.stripe_side import StripeSide


async def _tell(services: Services, kind: str, object_id: str) -> None:
    event_id = f"evt_{kind}_{object_id}"
    event = EventSummary(event_id, kind, object_id, None, system_now())
    await inbox.store_event(event, EventSource.WEBHOOK)
    await handle_event(services, event_id)


EVENTS: dict[str, tuple[str, Loss]] = {
    "customer": ("customer.deleted", delete_customer),
    "price": ("price.updated", archive_price),
    "product": ("product.updated", archive_product),
    "product, deleted": ("product.deleted", lose_everything),
}


@pytest.mark.parametrize(("kind", "lose"), EVENTS.values(), ids=EVENTS.keys())
async def test_an_event_has_the_copy_forgotten_and_its_pages_closed(
    services: Services, stripe_side: StripeSide, market: Market, kind: str, lose: Loss
) -> None:
    purchase = await open_page(services, market)
    ids = {
        "customer": await customer_of(market),
        "price": await price_of(market),
        "product": f"agent_{market.agent.id.hex}",
    }
    await lose(stripe_side, market)

    await _tell(services, kind, ids[kind.partition(".")[0]])

    assert (await get_purchase(purchase.id)).status is PurchaseStatus.CANCELED
    forgotten = await customer_of(market) if "customer" in kind else await price_of(market)
    assert forgotten == "None"
    assert (await start_buying(services, market.buyer, market.agent, "key-2")).checkout_url


@pytest.mark.parametrize("kind", [event_type.name for event_type in PROJECTION_EVENTS])
async def test_an_event_about_what_is_still_there_or_not_ours_changes_nothing(
    services: Services, market: Market, kind: str
) -> None:
    """A signed lie moves nothing: Stripe is asked."""
    purchase = await open_page(services, market)
    ours = {
        "customer": await customer_of(market),
        "price": await price_of(market),
        "product": f"agent_{market.agent.id.hex}",
    }
    known = ours[kind.partition(".")[0]]

    for object_id in (known, "cus_nobody", "price_nobody", "plan_pro"):
        await db.execute("DELETE FROM pgqueuer")
        await _tell(services, kind, object_id)

    assert (await get_purchase(purchase.id)).is_pending
    assert (await customer_of(market), await price_of(market)) == (ours["customer"], ours["price"])
    assert await count("stripe_event", "state = 'FAILED'") == 0
