"""Reviews on pages: the buyer's form, the creator's reply, pages of a long list."""

import pytest

from chenu.flows.agent_reviews import create_review
from chenu.flows.services import Services
from storefront.routes import reviews
from tests.flows.sales import Market, buy, open_market, start_buying
from tests.people import make_person, make_published_agent
from tests.rows import put
from tests.storefront.browser import Browser


@pytest.fixture
async def market(services: Services) -> Market:
    market = await open_market(services)
    await put("app_user", "locale", "en")
    return market


async def test_a_buyer_reviews_and_the_creator_replies(
    services: Services, browser: Browser, market: Market
) -> None:
    await buy(services, market)
    path = f"/agents/{market.agent.slug}/reviews"
    browser.become(market.buyer)
    page = await browser.get(path)

    refused = await browser.submit(page, path, {"rating": "", "body": "Saves an hour."})
    done = await browser.follow(
        await browser.submit(page, path, {"rating": "4", "body": "Saves an hour."})
    )
    browser.become(market.creator)
    desk = await browser.get(path)
    [form] = [
        each.action for each in desk.page.forms if each.action.startswith("/creator/reviews/")
    ]
    empty = await browser.submit(desk, form, {"body": " "})
    replied = await browser.follow(await browser.submit(desk, form, {"body": "Thank you."}))

    assert refused.status == 422
    assert "Please choose 1 to 5 stars" in refused.words
    assert "Saves an hour." in done.words
    assert dict(done.form(path).fields)["body"] == "Saves an hour."
    assert empty.status == 422
    assert "Thank you." in replied.words


async def test_visitors_read_reviews_on_the_product_page_and_have_no_form(
    services: Services, browser: Browser, market: Market
) -> None:
    await buy(services, market)
    await create_review(market.buyer.actor, market.agent.id, 5, "Saves an hour.")
    path = f"/agents/{market.agent.slug}"

    page, whole, listing = [
        await browser.get(each) for each in (path, f"{path}/reviews", "/agents")
    ]

    assert "Saves an hour." in page.words
    assert "Saves an hour." in whole.words
    assert not whole.has_form(f"{path}/reviews")
    assert "Rated 5 out of 5 (1)" in listing.words.replace("★ ", "")


async def test_a_long_list_is_paged(
    services: Services, browser: Browser, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews, "PAGE_SIZE", 1)
    agent = await make_published_agent(services, market.creator, price=0, name="Relu")
    for name in ("first", "second"):
        person = await make_person(name)
        await start_buying(services, person, agent, "free")
        await create_review(person.actor, agent.id, 3, f"By the {name}.")

    newest = await browser.get(f"/agents/{agent.slug}/reviews")
    [more] = [link for link in newest.links() if "/reviews?after=" in link]
    older = await browser.get(more)

    assert "By the second." in newest.words
    assert "By the first." not in newest.words
    assert "By the first." in older.words
