"""A bank asks: the creator's page with its form, the desk's page, and what the buyer sees."""

import pytest

from chenu.accounts.actor import Staff
from chenu.flows.services import Services
from tests.flows.disputes import let_bank_ask, let_bank_warn
from tests.flows.sales import Market, buy, open_market
from tests.people import make_person
from tests.rows import put
from tests.storefront.browser import Browser


@pytest.fixture
async def market(services: Services) -> Market:
    market = await open_market(services)
    await put("app_user", "locale", "en")
    return market


async def test_the_creator_reads_why_and_answers_once(
    services: Services, browser: Browser, market: Market
) -> None:
    sold = await buy(services, market)
    await let_bank_ask(services, sold.id)
    browser.become(market.creator)
    page, path = await browser.get("/creator/disputes"), f"/creator/disputes/{sold.id}"

    refused = await browser.submit(page, path, {"text": ""})
    done = await browser.follow(await browser.submit(page, path, {"text": "Used each day."}))

    assert "somebody else has paid with the card" in page.words
    assert "The bank waits for your answer until" in page.words
    assert refused.status == 422
    assert "Used each day." in done.words
    assert not done.has_form(path)


async def test_the_desk_decides_about_a_warning(
    services: Services, browser: Browser, market: Market
) -> None:
    sold = await buy(services, market)
    warning = await let_bank_warn(services, sold.id)
    browser.become(await make_person("desk", staff=(Staff.SUPPORT,)))
    await put("app_user", "locale", "en")
    page = await browser.get("/staff/disputes")

    decided = {"decision": "Refunded by hand."}
    sent = await browser.submit(page, f"/staff/warnings/{warning}", decided)
    done = await browser.follow(sent)

    assert "€9.99 · Agent" in page.words
    assert "No warning waits for a decision." in done.words


async def test_the_buyer_sees_that_it_is_disputed(
    services: Services, browser: Browser, market: Market
) -> None:
    sold = await buy(services, market)
    await put("purchase", "status", "DISPUTED")
    await put("access_grant", "revoked_reason", "dispute")
    browser.become(market.buyer)

    library = await browser.get("/library")
    page = await browser.get(f"/purchases/{sold.id}")

    assert "disputed at your bank" in library.words
    assert "Your payment is disputed" in page.words
