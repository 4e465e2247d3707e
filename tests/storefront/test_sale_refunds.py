"""Refunds of agents on our pages, without JavaScript: the buyer's, the creator's, the desk's."""

import pytest

from chenu.accounts.actor import Staff
from chenu.agents.access import list_usable_grants, record_first_use
from chenu.agents.payments import record_refund
from chenu.agents.purchases import PurchaseRow
from chenu.agents.refunds import list_sale_refunds
from chenu.core import db
from chenu.core.money import Cents
from chenu.flows.purchases.refund_steps import fail_refund
from chenu.flows.services import Services
from tests.flows.monthly import begin, pay_by_credit
from tests.flows.plans import catch_up
from tests.flows.sales import Market, buy, open_market, open_monthly_market
from tests.flows.test_second_person import put_request
from tests.rows import count, put
from tests.storefront.browser import Browser, Seen
from tests.storefront.visitors import make_reader
from tests.stripe_side import StripeSide


@pytest.fixture
async def market(services: Services, stripe_side: StripeSide) -> Market:
    await stripe_side.reset()
    return await open_market(services)


@pytest.fixture
async def sale(services: Services, market: Market) -> PurchaseRow:
    """With Stripe's invoice mirrored; everybody reads English."""
    sold = await buy(services, market)
    await catch_up(services)
    await put("app_user", "locale", "en")
    return sold


async def test_a_buyer_gives_an_agent_back_from_the_library(
    browser: Browser, market: Market, sale: PurchaseRow
) -> None:
    browser.become(market.buyer)
    url = f"/purchases/{sale.id}/refund"

    library = await browser.get("/library")
    purchase = await browser.get(f"/purchases/{sale.id}")
    shown = await browser.get(url)
    done = await browser.follow(await browser.submit(shown, url))

    assert url in library.links()
    assert url in purchase.links()
    assert "€9.99 come back to you" in shown.words
    assert "Your money is on its way back" in done.words
    assert "Refunded: €9.99" in done.words
    assert "No longer usable." in (await browser.get("/library")).words
    again = await browser.get(url)
    assert "Everything of this payment was given back already" in again.words
    assert "/support" in again.links()


async def test_a_buyer_who_has_used_it_learns_where_to_turn_to(
    browser: Browser, market: Market, sale: PurchaseRow
) -> None:
    grants = await list_usable_grants(sale.account_id, [sale.agent_id])
    await record_first_use([grant.id for grant in grants])
    browser.become(market.buyer)
    url = f"/purchases/{sale.id}/refund"

    shown = await browser.get(url)

    assert "You have used this agent" in shown.words
    assert "/support" in shown.links()
    assert url not in (await browser.get(f"/purchases/{sale.id}")).links()
    assert url not in (await browser.get("/library")).links()


async def show(browser: Browser, opened: Seen, action: str, **typed: str) -> Seen:
    return await browser.submit(opened, action, {"reason": "It does not fit.", **typed})


async def test_a_creator_sees_what_a_refund_takes_and_then_makes_it(
    browser: Browser, market: Market, sale: PurchaseRow
) -> None:
    browser.become(market.creator)
    page, action = f"/creator/sales/{sale.id}", f"/creator/sales/{sale.id}/refund"

    desk = await browser.get("/creator")
    shown = await show(browser, await browser.get(page), action, amount="3,33")
    before = await count("purchase_refund")
    done = await browser.follow(await browser.submit(shown, action))

    assert page in desk.links()
    assert "out of the creator’s share€2.33" in shown.words
    assert before == 0
    assert "The money is on its way back" in done.words
    assert "Refunded: €3.33" in done.words
    [refund] = await list_sale_refunds([sale.id])
    assert (refund.amount, refund.origin, refund.reason) == (333, "CREATOR", "It does not fit.")


BAD = {
    "no reason": ({"reason": " "}, "reason"),
    "words": ({"amount": "ten"}, "amount"),
    "nothing": ({"amount": "0"}, "amount"),
    "too much": ({"amount": "10"}, "amount"),
}


async def test_bad_input_is_named_at_its_field(
    browser: Browser, market: Market, sale: PurchaseRow
) -> None:
    browser.become(market.creator)
    opened = await browser.get(f"/creator/sales/{sale.id}")

    for typed, field in BAD.values():
        seen = await show(browser, opened, f"/creator/sales/{sale.id}/refund", **typed)
        assert (seen.status, f"#refund-{field}" in seen.links()) == (422, True)

    assert "At most €9.99 of this payment can be given back" in seen.words
    assert await count("purchase_refund") == 0


async def test_the_desk_finds_the_sale_by_its_invoice_and_gives_it_back(
    browser: Browser, sale: PurchaseRow
) -> None:
    browser.become(await make_reader("clerk", staff=(Staff.SUPPORT,)))
    invoices = await browser.get(f"/staff/customers/{sale.account_id}/invoices")
    [invoice] = [link for link in invoices.links() if link.startswith("/staff/invoices/")]
    page, action = f"/staff/sales/{sale.id}", f"/staff/sales/{sale.id}/refund"

    opened = await browser.get(invoice)
    shown = await show(browser, await browser.get(page), action)
    done = await browser.follow(await browser.submit(shown, action))

    assert page in opened.links()
    assert "This would go back" in shown.words
    assert "returned by our support desk" in done.words
    assert "Nothing of this sale is left to be returned." in done.words


async def test_a_debt_is_explained_to_the_creator(
    browser: Browser, market: Market, sale: PurchaseRow, stripe_side: StripeSide, services: Services
) -> None:
    await stripe_side.advance(10 * 24 * 3600)  # the bank has the share
    browser.become(market.creator)
    action = f"/creator/sales/{sale.id}/refund"
    shown = await show(browser, await browser.get(f"/creator/sales/{sale.id}"), action)
    await browser.submit(shown, action)
    await catch_up(services)

    assert "You owe €7.00" in (await browser.get("/creator")).words


async def test_the_desk_sees_what_a_bank_sent_back_until_it_is_made_again(
    browser: Browser, market: Market, sale: PurchaseRow
) -> None:
    browser.become(market.buyer)
    own = f"/purchases/{sale.id}/refund"
    await browser.submit(await browser.get(own), own)
    [made] = await list_sale_refunds([sale.id])
    async with db.transaction():
        await fail_refund(made, was_announced=True)
    browser.become(await make_reader("clerk", staff=(Staff.SUPPORT,)))

    queue = await browser.get("/staff/refunds")
    await record_refund(made.payment_id, made.amount)  # made again

    assert f"/staff/sales/{sale.id}" in queue.links()
    assert f"/staff/sales/{sale.id}" not in (await browser.get("/staff/refunds")).links()


async def test_buyer_and_desk_learn_what_a_credit_paid_before_they_confirm(
    browser: Browser, services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    market = await open_monthly_market(services)
    sold = await begin(services, market)
    await put("app_user", "locale", "en")
    await pay_by_credit(sold, Cents(250))
    browser.become(market.buyer)

    pages = (f"/purchases/{sold.id}/refund", "/account/withdraw", f"/account/withdraw/{sold.id}")
    own = [(await browser.get(page)).words for page in pages]
    browser.become(await make_reader("clerk", staff=(Staff.SUPPORT,)))
    sale_page, form = f"/staff/sales/{sold.id}", f"/staff/sales/{sold.id}/refund"
    desk = await show(browser, await browser.get(sale_page), form)

    assert all("Your credit has paid €2.50 more." in words for words in own)
    assert "The buyer’s credit has paid €2.50 more" in desk.words


async def test_a_sale_that_is_sliced_waits_for_a_colleague(
    browser: Browser, services: Services, sale: PurchaseRow
) -> None:
    clerk = await make_reader("clerk", staff=(Staff.SUPPORT,))
    await put_request(sale.account_id, clerk, 9500)
    page, action = f"/staff/sales/{sale.id}", f"/staff/sales/{sale.id}/refund"
    browser.become(clerk)
    shown = await show(browser, await browser.get(page), action)
    waiting = await browser.follow(await browser.submit(shown, action))
    own = await browser.get("/staff/refunds")
    browser.become(await make_reader("colleague", staff=(Staff.SUPPORT,)))
    queue = await browser.get("/staff/refunds")
    [decide] = [form.action for form in queue.page.forms if "/refunds/sales/" in form.action]

    bare = await browser.submit(queue, decide, button="decision=approve")
    reason = {"reason": "Agreed by phone."}
    done = await browser.follow(
        await browser.submit(queue, decide, reason, button="decision=approve")
    )

    assert "The refund waits for a second person." in waiting.words
    assert "You asked for it: a colleague decides." in waiting.words
    assert [form for form in own.page.forms if form.action.endswith("/decide")] == []
    assert "Asked for by Clerk on" in queue.words
    assert "It does not fit." in queue.words
    assert bare.status == 422
    assert "Agreed: the money is on its way back to the buyer." in done.words
    assert "decided by Colleague" in done.words
    assert "Refunded: €9.99" in done.words
    again = await browser.submit(queue, decide, reason, button="decision=reject")
    assert "This refund is decided already" in again.words
