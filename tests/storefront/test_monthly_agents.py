"""Monthly agents on our pages, without JavaScript: bought, cancelled, taken up again, overdue."""

import pytest

from chenu.agents.rows import AgentRow
from chenu.core import db
from chenu.flows.services import Services
from tests.flows.plans import advance, catch_up
from tests.people import Person, make_published_agent, pay
from tests.storefront.browser import Browser, Seen
from tests.storefront.visitors import make_reader


@pytest.fixture
async def agent(services: Services, seller: Person) -> AgentRow:
    return await make_published_agent(services, seller, price=999, is_monthly=True)


@pytest.fixture
async def subscriber(browser: Browser, services: Services, agent: AgentRow) -> Browser:
    """Somebody who has paid their first month."""
    browser.become(await make_reader("buyer"))
    page = await browser.get(f"/agents/{agent.slug}")
    sent = await browser.submit(
        page, f"/agents/{agent.slug}/buy", {"accept_immediate_supply": "on"}
    )
    assert (await pay(sent.location)).status_code == 303
    await catch_up(services)
    return browser


async def purchase_url() -> str:
    purchase_id = await db.fetch_value("SELECT id FROM purchase ORDER BY id DESC LIMIT 1")
    return f"/purchases/{purchase_id}"


async def press(browser: Browser, action: str) -> Seen:
    url = await purchase_url()
    await browser.submit(await browser.get(url), f"{url}/{action}", {})
    return await browser.get(url)


async def test_product_page_says_the_price_by_the_month(browser: Browser, agent: AgentRow) -> None:
    browser.become(await make_reader("buyer"))

    page = await browser.get(f"/agents/{agent.slug}")

    assert "€9.99 / month" in page.words
    assert "Order and pay €9.99 a month" in page.words


async def test_purchase_says_when_the_next_payment_is_and_the_library_too(
    subscriber: Browser, agent: AgentRow
) -> None:
    page = await subscriber.get(await purchase_url())
    library = await subscriber.get("/library")
    product = await subscriber.get(f"/agents/{agent.slug}")

    assert "Subscribed: Trieur de factures" in page.words
    assert "Next payment: €9.99 on" in page.words
    assert "€9.99 a month, next payment on" in library.words
    assert "Manage the subscription" in product.words
    assert await purchase_url() in product.links()


async def test_one_click_cancels_and_another_takes_it_up_again(subscriber: Browser) -> None:
    cancelled = await press(subscriber, "cancel")
    library = await subscriber.get("/library")
    resumed = await press(subscriber, "resume")

    assert "nothing more is charged" in cancelled.words
    assert "Keep the subscription" in cancelled.words
    assert "Cancelled: it ends with its period." in library.words
    assert "Next payment: €9.99 on" in resumed.words


async def test_receipts_pile_up_and_the_end_shows_a_way_back(
    subscriber: Browser, services: Services, agent: AgentRow
) -> None:
    await advance(services, 31.1)
    await advance(services, 31.1)
    three = await subscriber.get(await purchase_url())
    invoices = await subscriber.get("/account/invoices")

    await press(subscriber, "cancel")
    await advance(services, 31.1)
    ended = await subscriber.get(await purchase_url())
    library = await subscriber.get("/library")
    product = await subscriber.get(f"/agents/{agent.slug}")

    assert three.words.count("Paid on") == 3
    assert invoices.words.count("€9.99") >= 3
    assert "has ended" in ended.words
    assert "No longer usable." in library.words
    assert "Order and pay €9.99 a month" in product.words


async def test_page_of_an_ended_subscription_is_not_broken_by_an_old_form(
    subscriber: Browser, services: Services
) -> None:
    url = await purchase_url()
    page = await subscriber.get(url)
    await press(subscriber, "cancel")
    await advance(services, 32)

    answer = await subscriber.submit(page, f"{url}/cancel", {})

    assert (answer.status, answer.location) == (303, url)
