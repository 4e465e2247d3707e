"""`chenu reconcile`: what Stripe has and we lack is fetched and followed; what differs is named."""

from datetime import timedelta

import pytest

from chenu.agents.model import PurchaseStatus
from chenu.agents.purchases import get_purchase
from chenu.billing.tables import StripeEvent
from chenu.core.clock import business_now
from chenu.flows.events.polling import poll_events
from chenu.flows.reconciliation import check_recent_balance, reconcile
from chenu.flows.services import Services
from chenu.flows.stripe_balance import SETTLING, check_stripe
from chenu.ledger.findings import list_findings
from tests.conftest import Engines
from tests.flows.plans import move_clocks
from tests.flows.sales import (
    Sold,
    make_sale,
    open_page,
    open_quiet_market,
    pay_for,
    work_off,
)
from tests.flows.test_invariants import EVER
from tests.rows import count, put, unguarded
from tests.stripe_side import StripeSide


@pytest.mark.parametrize("fate", ["never arrived", "given up"])
async def test_a_payment_whose_event_had_no_effect_is_settled(
    services: Services, stripe_side: StripeSide, fate: str
) -> None:
    await stripe_side.reset()
    purchase = await open_page(services, await open_quiet_market(services))
    assert await pay_for(purchase) == 303
    if fate == "given up":
        await poll_events(services)
        await put("stripe_event", "state", "FAILED")

    done = await reconcile(services, business_now() - timedelta(days=30))

    assert (await get_purchase(purchase.id)).status is PurchaseStatus.PAID
    assert (done.ok, done.found > 0) == (True, fate == "never arrived")
    assert await count(StripeEvent._meta.tablename, "state IN ('RECEIVED', 'FAILED')") == 0
    await work_off(services)
    assert (await check_stripe(services.reports, EVER)).ok


async def test_an_event_that_fails_again_is_named(
    services: Services, stripe_side: StripeSide, engines: Engines
) -> None:
    await stripe_side.reset()
    purchase = await open_page(services, await open_quiet_market(services))
    assert await pay_for(purchase) == 303
    await poll_events(services)
    async with unguarded(engines) as connection:
        await connection.execute("UPDATE stripe_event SET object_id = 'cs_never'")

    done = await reconcile(services, business_now() - timedelta(days=30))

    assert not done.ok
    assert {event.object_id for event in done.failing} == {"cs_never"}


async def test_what_differs_is_named_and_stored(
    services: Services, engines: Engines, sold: Sold
) -> None:
    async with unguarded(engines) as connection:
        await connection.execute("UPDATE purchase_payment SET gross = 1000, tax = tax + 1")
    await put("purchase_payment", "paid_at", business_now())

    young = await check_recent_balance(services)
    [finding] = (await check_stripe(services.reports, EVER)).samples

    assert young.ok  # it may be settling still
    assert finding.endswith("Stripe 999, we 1000")
    assert [each.name for each in await list_findings()] == ["I15"]


async def test_what_is_still_settling_is_left_to_the_next_check(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    purchase = await open_page(services, await open_quiet_market(services))
    assert await pay_for(purchase) == 303

    verdicts = [
        (await check_stripe(services.reports, EVER, settling=settling)).ok
        for settling in (SETTLING, timedelta(0))
    ]

    assert verdicts == [True, False]


async def test_lines_before_the_compared_days_count_for_what_was_booked_in_them(
    services: Services, stripe_side: StripeSide, engines: Engines
) -> None:
    """A payment that settled late: Stripe's line is older than what is asked for."""
    await stripe_side.reset()
    await make_sale(services)
    await work_off(services)
    since = business_now() + timedelta(hours=1)
    await put("purchase_payment", "paid_at", since)
    late = await check_stripe(services.reports, since)
    async with unguarded(engines) as connection:
        await connection.execute("UPDATE purchase_payment SET stripe_charge_id = 'ch_invented'")

    invented = await check_stripe(services.reports, since)

    assert late.ok
    assert invented.samples == ("ch_invented: Stripe None, we 999",)


async def test_what_was_booked_before_the_time_compared_is_not_looked_up(
    services: Services, stripe_side: StripeSide
) -> None:
    """As in a demo: months of business time have passed in minutes of system time."""
    await stripe_side.reset()
    await make_sale(services)
    await work_off(services)
    await move_clocks(services, 60)
    await stripe_side.watch("/v1/balance_transactions")

    found = await check_stripe(services.reports, business_now() - timedelta(days=30))

    assert found.ok
    assert await stripe_side.hits() == [1]
