"""The same request again, and the request that met a silent Stripe: one purchase, one page."""

import pytest

from chenu.agents.model import PurchaseStatus
from chenu.core.errors import ChenuError, IdempotencyConflict, ProviderUnavailable
from chenu.flows.services import Services
from tests.flows.sales import (
    Market,
    open_page,
    open_quiet_market,
    pay_for,
    report,
    start_buying,
)
from tests.rows import count, fingerprint
from tests.stripe_side import AWAY, StripeSide


@pytest.fixture
async def market(services: Services) -> Market:
    return await open_quiet_market(services)


async def test_the_same_key_finds_the_same_purchase(services: Services, market: Market) -> None:
    first = await open_page(services, market)
    before = await fingerprint()

    again = await start_buying(services, market.buyer, market.agent)

    assert again == first
    assert await fingerprint() == before


async def test_the_same_key_finds_the_purchase_that_was_paid_meanwhile(
    services: Services, market: Market
) -> None:
    first = await open_page(services, market)
    await pay_for(first)
    await report(services, first)

    again = await start_buying(services, market.buyer, market.agent)

    assert (again.id, again.status) == (first.id, PurchaseStatus.PAID)


OTHER_INPUTS: dict[str, dict[str, object]] = {
    "another amount": {"expected_amount": 998},
    "another language": {"locale": "en"},
    "another way back": {"success_url": "https://app.example/done"},
}


@pytest.mark.parametrize("changes", OTHER_INPUTS.values(), ids=OTHER_INPUTS.keys())
async def test_the_same_key_with_another_request_is_refused(
    services: Services, market: Market, changes: dict[str, object]
) -> None:
    await open_page(services, market)
    before = await fingerprint()

    with pytest.raises(IdempotencyConflict):
        await start_buying(services, market.buyer, market.agent, "key-1", **changes)

    assert await fingerprint() == before


async def test_a_request_that_met_a_silent_stripe_goes_on_with_the_same_key(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await stripe_side.fail(AWAY, times=None)
    with pytest.raises(ProviderUnavailable):
        await start_buying(services, market.buyer, market.agent)
    await stripe_side.heal()

    purchase = await start_buying(services, market.buyer, market.agent)

    assert purchase.checkout_url is not None
    assert await count("purchase") == 1


async def test_a_lost_answer_opens_no_second_page(
    services: Services, stripe_side: StripeSide, market: Market
) -> None:
    await stripe_side.fail("truncated", "/v1/checkout/sessions", times=None)
    with pytest.raises(ChenuError):
        await start_buying(services, market.buyer, market.agent)
    await stripe_side.heal()

    purchase = await start_buying(services, market.buyer, market.agent)

    [customer] = await stripe_side.list_all("/v1/customers", email=market.buyer.email)
    sessions = await stripe_side.list_all("/v1/checkout/sessions", customer=customer["id"])
    assert [session["id"] for session in sessions] == [purchase.checkout_session_id]
