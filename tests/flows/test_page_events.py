"""Events about payment pages: what a page came to is settled at once, whatever was bought on it."""

import pytest

from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.billing.subscription_orders import OrderRow, OrderStatus, get_order
from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.events.handling import handle_event
from chenu.flows.services import Services
from chenu.flows.subscriptions.pages import SUBSCRIPTION_PAGES
from tests.flows.plans import open_plans, start
from tests.people import Person, pay
from tests.stripe_side import StripeSide


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_plans(services)


async def _hear(services: Services, what: str, session_id: str) -> str:
    """The state that the event has once it was handled."""
    event = EventSummary("evt_page", f"checkout.session.{what}", session_id, None, system_now())
    await inbox.store_event(event, EventSource.WEBHOOK)
    await handle_event(services, event.id)
    state: str = await db.fetch_value("SELECT state FROM stripe_event WHERE id = 'evt_page'")
    return state


async def _session_of(order: OrderRow) -> str:
    session_id = (await get_order(order.id)).checkout_session_id
    assert session_id is not None
    return session_id


async def test_a_paid_page_begins_the_plan_with_its_event(
    services: Services, person: Person
) -> None:
    order = await start(services, person.actor)
    assert order.checkout_url is not None
    await pay(order.checkout_url)

    assert await _hear(services, "completed", await _session_of(order)) == "HANDLED"

    assert (await get_order(order.id)).status is OrderStatus.COMPLETED
    outcome = await SUBSCRIPTION_PAGES.find_outcome(order.id)
    assert outcome is not None
    assert not outcome.is_open


async def test_an_expired_page_ends_its_order_with_its_event(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    order = await start(services, person.actor)
    session_id = await _session_of(order)
    await stripe_side.expire(session_id)

    assert await _hear(services, "expired", session_id) == "HANDLED"

    assert (await get_order(order.id)).status is OrderStatus.CANCELED


@pytest.mark.parametrize("metadata", [{}, {"metadata[kind]": "gift"}, {"metadata[kind]": "tier"}])
async def test_a_page_that_is_not_ours_is_ignored(
    services: Services, stripe_side: StripeSide, person: Person, metadata: dict[str, str]
) -> None:
    order = await start(services, person.actor)
    [*_, price] = await stripe_side.list_all("/v1/prices")
    form = {"mode": "subscription", "success_url": "https://example.org/"}
    items = {"line_items[0][price]": price["id"], "line_items[0][quantity]": "1"}
    page = await stripe_side.change("/v1/checkout/sessions", **form, **items, **metadata)

    assert await _hear(services, "completed", page["id"]) == "IGNORED"

    assert (await get_order(order.id)).is_pending
