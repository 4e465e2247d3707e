"""The payment page: one at a time, for half an hour, closed for good."""

import asyncio
from datetime import timedelta

import pytest

from chenu.agents.model import PurchaseStatus
from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.core.clock import system_now
from chenu.core.errors import ProviderUnavailable
from chenu.flows.purchases.state import PurchaseState
from chenu.flows.services import Services
from tests.flows.sales import (
    Market,
    drop,
    open_page,
    open_quiet_market,
    pay_for,
    report,
    start_buying,
)
from tests.rows import count, fingerprint, put
from tests.stripe_side import AWAY, StripeSide


@pytest.fixture
async def market(services: Services) -> Market:
    return await open_quiet_market(services)


async def status_at_stripe(stripe_side: StripeSide, purchase: PurchaseRow) -> str:
    session = await stripe_side.get(f"/v1/checkout/sessions/{purchase.checkout_session_id}")
    return str(session["status"])


async def test_a_second_request_finds_the_open_page(services: Services, market: Market) -> None:
    first = await open_page(services, market)

    second = await start_buying(services, market.buyer, market.agent, "another key")

    assert second == first
    assert (await count("purchase"), await count("operation", "kind = 'CHECKOUT_SESSION'")) == (
        1,
        1,
    )


async def test_ten_clicks_at_once_open_one_page(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await stripe_side.watch("/v1/checkout/sessions", method="POST")

    clicks = (start_buying(services, market.buyer, market.agent, f"key-{n}") for n in range(10))
    purchases = await asyncio.gather(*clicks)

    assert len({purchase.checkout_url for purchase in purchases}) == 1
    assert await count("purchase") == 1
    assert await stripe_side.hits() == [1]


async def test_the_page_lives_for_half_an_hour(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    before = system_now()

    purchase = await open_page(services, market)

    session = await stripe_side.get(f"/v1/checkout/sessions/{purchase.checkout_session_id}")
    assert purchase.checkout_expires_at is not None
    assert session["expires_at"] == purchase.checkout_expires_at.timestamp()
    life = purchase.checkout_expires_at - before
    assert timedelta(minutes=30) <= life <= timedelta(minutes=31)


async def test_the_page_charges_the_price_that_was_shown_and_nothing_else(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    purchase = await open_page(services, market)

    session = await stripe_side.get(f"/v1/checkout/sessions/{purchase.checkout_session_id}")
    assert (session["amount_total"], session["currency"]) == (999, "eur")
    assert session["client_reference_id"] == str(purchase.id)
    assert session["metadata"]["purchase_id"] == str(purchase.id)
    assert session["success_url"].endswith(f"/purchases/{purchase.id}")


async def test_a_page_that_ran_out_is_replaced_by_a_new_purchase(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    first = await open_page(services, market)
    await put("purchase", "checkout_expires_at", system_now() + timedelta(seconds=59))

    second = await start_buying(services, market.buyer, market.agent, "another key")

    assert second.id != first.id
    assert second.checkout_url is not None
    assert (await get_purchase(first.id)).status is PurchaseStatus.CANCELED
    assert await status_at_stripe(stripe_side, first) == "expired"
    assert await pay_for(second) == 303


async def test_a_page_with_time_left_is_stored(services: Services, market: Market) -> None:
    first = await open_page(services, market)
    await put("purchase", "checkout_expires_at", system_now() + timedelta(seconds=90))

    second = await start_buying(services, market.buyer, market.agent, "another key")

    assert second.id == first.id


async def test_what_expired_at_stripe_is_canceled_here(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    purchase = await open_page(services, market)
    assert purchase.checkout_session_id is not None
    await stripe_side.expire(purchase.checkout_session_id)

    reported = await report(services, purchase)

    assert reported.state is PurchaseState.CANCELED
    assert reported.purchase.failure_code == "checkout_expired"


async def test_the_buyer_closes_the_page(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    purchase = await open_page(services, market)

    closed = await drop(services, purchase)
    before = await fingerprint()
    again = await drop(services, purchase)

    assert closed.status is PurchaseStatus.CANCELED
    assert again == closed
    assert await fingerprint() == before
    assert await status_at_stripe(stripe_side, purchase) == "expired"
    assert await pay_for(purchase) != 303


async def test_a_page_that_was_paid_a_moment_before_is_not_closed(
    services: Services, market: Market
) -> None:
    purchase = await open_page(services, market)
    assert await pay_for(purchase) == 303

    closed = await drop(services, purchase)

    assert closed.status is PurchaseStatus.PAID


async def test_nothing_is_decided_while_stripe_is_away(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    purchase = await open_page(services, market)
    await stripe_side.fail(AWAY, times=None)

    with pytest.raises(ProviderUnavailable):
        await drop(services, purchase)

    assert (await get_purchase(purchase.id)).is_pending
