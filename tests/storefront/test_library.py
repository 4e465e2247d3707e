"""The library's page: search, order, shelves, and the papers of each purchase."""

from chenu.agents.rows import AgentRow
from chenu.core import db
from tests.people import pay
from tests.storefront.browser import Browser
from tests.storefront.test_purchases import order, purchase_page
from tests.storefront.visitors import make_reader


async def _bought(browser: Browser, agent: AgentRow) -> str:
    """The grant's id."""
    browser.become(await make_reader("buyer"))
    sent = await order(browser, agent)
    await pay(sent.location)
    await browser.get(await purchase_page(browser))
    return str(await db.fetch_value("SELECT id FROM access_grant"))


async def test_what_is_put_away_leaves_the_shelf_and_comes_back(
    browser: Browser, agent: AgentRow
) -> None:
    grant_id = await _bought(browser, agent)

    await browser.submit(await browser.get("/library"), f"/library/{grant_id}/away")
    shelf = await browser.get("/library")
    away = await browser.get("/library?shelf=away")
    assert agent.name not in shelf.words
    assert "All of it is put away" in shelf.words
    assert agent.name in away.words

    await browser.submit(away, f"/library/{grant_id}/back")
    assert agent.name in (await browser.get("/library")).words


async def test_invoice_and_refund_are_one_click_away(browser: Browser, agent: AgentRow) -> None:
    await _bought(browser, agent)
    invoice = await db.fetch_value("SELECT invoice_url FROM purchase_payment")

    library = await browser.get("/library")

    assert invoice in library.links()
    assert f"{await purchase_page(browser)}/refund" in library.links()


async def test_a_search_that_finds_nothing_leads_back(browser: Browser, agent: AgentRow) -> None:
    await _bought(browser, agent)

    found = await browser.get(f"/library?q={agent.name}&sort=UPDATED")
    nothing = await browser.get("/library?q=zzz")

    assert agent.name in found.words
    assert "Nothing in the library fits" in nothing.words
    assert "/library" in nothing.links()


async def test_an_order_that_does_not_exist_is_said(browser: Browser, agent: AgentRow) -> None:
    await _bought(browser, agent)

    page = await browser.get("/library?sort=WORST&shelf=lost")

    assert page.status == 422
    assert agent.name in page.words
