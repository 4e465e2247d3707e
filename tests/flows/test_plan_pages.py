"""Payment pages of plans: who waits asks Stripe seldom, and what never opened is forgotten."""

import asyncio

import pytest

from chenu.accounts.customers import forget_customer
from chenu.billing.recurring import SubscriptionKind
from chenu.billing.subscription_orders import OrderStatus, find_pending_order, get_order
from chenu.core import db
from chenu.core.errors import ProviderUnavailable
from chenu.flows.forgotten_pages import close_forgotten
from chenu.flows.operations.repair import repair_all
from chenu.flows.services import Services
from chenu.flows.subscriptions.state import OrderState, report_order
from tests.conftest import with_settings
from tests.flows.plans import CARD, catch_up, complete, open_plans, start, tier_of
from tests.people import Person, pay
from tests.rows import count
from tests.stripe_side import AWAY, StripeSide


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_plans(services)


async def test_twenty_who_look_at_once_ask_stripe_once(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    order = await start(services, person.actor)
    patient = with_settings(services, cache_seconds=1)
    await stripe_side.watch("/v1/checkout/sessions/*")

    reports = await asyncio.gather(
        *(report_order(patient, order.account_id, order.id) for _ in range(20))
    )

    assert {report.state for report in reports} == {OrderState.OPEN}
    assert await stripe_side.hits() == [1]


async def test_who_looks_while_stripe_is_away_should_not_pay_again(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    order = await start(services, person.actor)
    assert order.checkout_url is not None
    await pay(order.checkout_url, "4242424242424242")
    await stripe_side.fail(AWAY, "/v1/checkout/sessions/*")

    away = await report_order(services, order.account_id, order.id)
    await stripe_side.heal()
    back = await report_order(services, order.account_id, order.id)

    assert (away.state, back.state) == (OrderState.CONFIRMING, OrderState.BEGUN)


async def test_an_order_whose_page_was_never_asked_for_is_forgotten_after_an_hour(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await stripe_side.fail(AWAY, "/v1/customers", method="POST")
    with pytest.raises(ProviderUnavailable):
        await start(services, person.actor)
    account_id = person.actor.account_id
    assert account_id is not None
    order = await find_pending_order(account_id, SubscriptionKind.TIER)
    assert order is not None
    await close_forgotten(services)
    assert (await get_order(order.id)).is_pending
    await db.execute("UPDATE subscription_order SET updated_at = now() - interval '2 hours'")

    await close_forgotten(services)

    assert (await get_order(order.id)).status is OrderStatus.CANCELED


async def test_a_page_that_was_completed_by_a_customer_who_is_gone_gives_nothing_and_blocks_nothing(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    """Deleted in Stripe's dashboard, which ends the subscription, before we heard of either."""
    order = await start(services, person.actor)
    assert order.checkout_url is not None
    await pay(order.checkout_url, CARD)
    [customer] = await stripe_side.list_all("/v1/customers")
    await stripe_side.delete(f"/v1/customers/{customer['id']}")
    await forget_customer(customer["id"])

    await repair_all(services)
    await catch_up(services)
    ended = await get_order(order.id)
    again = await start(services, person.actor, key="again")
    await complete(services, again)

    assert (ended.status, ended.failure_code) == (OrderStatus.CANCELED, "checkout_gone")
    assert await tier_of(person) == "STARTER"
    assert await count("subscription") == 1
