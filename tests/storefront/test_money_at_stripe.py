"""What Stripe holds for a creator stands on the page of earnings, and the page does without it."""

import pytest
from msgspec.structs import replace

from chenu.core.caches import SingleFlight
from chenu.core.errors import ProviderUnavailable
from chenu.flows.creators.balance import find_money_at_stripe
from chenu.flows.services import Services
from tests.flows.sales import Market, buy, open_market
from tests.flows.test_paying_creators import stripe_account
from tests.rows import put
from tests.storefront.browser import Browser
from tests.storefront.test_tokens import squeeze
from tests.stripe_side import AWAY, StripeSide

PAGE = "/creator/earnings"
_DAY = 24 * 3600


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    """One sale of 9.99 €, of which 7.00 € went to the creator's account."""
    await stripe_side.reset()
    market = await open_market(services)
    await put("app_user", "locale", "en")
    await buy(services, market)
    return market


async def test_money_goes_from_pending_over_the_way_to_the_bank(
    browser: Browser, market: Market, stripe_side: StripeSide
) -> None:
    browser.become(market.creator)
    seen = [squeeze((await browser.get(PAGE)).words)]
    for days in (8, 2):
        await stripe_side.advance(days * _DAY)
        seen.append(squeeze((await browser.get(PAGE)).words))

    def shown(available: str, pending: str, away: str) -> str:
        return squeeze(
            f"Available {available} Not yet available {pending} On its way to your bank {away}"
        )

    assert shown("€0.00", "€7.00", "€0.00") in seen[0]
    assert "Nopayoutyet" in seen[0]
    assert shown("€0.00", "€0.00", "€7.00") in seen[1]
    assert shown("€0.00", "€0.00", "€0.00") in seen[2]
    assert squeeze("€7.00 · at your bank") in seen[2]


async def test_a_failed_payout_says_why_and_what_to_do(
    browser: Browser, market: Market, stripe_side: StripeSide
) -> None:
    await stripe_side.fail_payout(await stripe_account(market))
    await stripe_side.advance(10 * _DAY)

    seen = await browser.become(market.creator).get(PAGE)

    assert "The bank account has been closed." in seen.words
    assert "Enter another bank account at Stripe" in seen.words
    assert squeeze("Available €7.00") in squeeze(seen.words)


async def test_the_page_says_in_words_that_stripe_is_away(
    browser: Browser, market: Market, stripe_side: StripeSide
) -> None:
    await stripe_side.fail(AWAY, times=None)

    seen = await browser.become(market.creator).get(PAGE)

    assert seen.status == 200
    assert "Stripe does not answer at the moment" in seen.words
    assert "€7.00" in seen.words


async def test_stripe_is_not_asked_again_for_a_while(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    caching = replace(services, money_at_stripe=SingleFlight(60))
    await stripe_side.watch("/v1/balance")

    found = [await find_money_at_stripe(caching, market.creator.user_id) for _ in range(3)]

    assert await stripe_side.hits() == [1]
    assert {money.pending for money in found if money} == {700}


async def test_what_stripe_refuses_differs_from_having_no_account(
    services: Services, market: Market, stripe_side: StripeSide
) -> None:
    await stripe_side.fail("card_error", "/v1/payouts")

    with pytest.raises(ProviderUnavailable):
        await find_money_at_stripe(services, market.creator.user_id)
    assert await find_money_at_stripe(services, market.buyer.user_id) is None
