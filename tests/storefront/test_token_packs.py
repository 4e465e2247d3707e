"""The pages of token packs: bought, paid or not, and given back; without JavaScript."""

from datetime import timedelta

import pytest

from chenu.accounts.actor import AccountRole, Staff
from chenu.accounts.sessions import choose_account
from chenu.core import db
from chenu.flows.services import Services
from tests.flows.packs import Grants, buy, grants_of, open_packs, return_at_stripe, spend
from tests.flows.plans import advance, catch_up
from tests.people import Person, make_member, make_person, pay
from tests.rows import count, put
from tests.storefront.browser import Browser
from tests.stripe_side import StripeSide

PATH = "/tokens/packs/pack_1k"


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide, browser: Browser) -> Person:
    """Somebody on Free who is signed in here."""
    await stripe_side.reset()
    person = await open_packs(services)
    await put("app_user", "locale", "en")
    browser.become(person)
    return person


async def order_url() -> str:
    order = await db.fetch_value("SELECT id FROM pack_order ORDER BY id DESC LIMIT 1")
    return f"/tokens/orders/{order}"


async def test_a_pack_is_bought_with_one_click_and_paid(
    browser: Browser, services: Services, person: Person
) -> None:
    page = await browser.get(PATH)
    sent = await browser.submit(page, f"{PATH}/buy")
    before = await browser.get(await order_url())
    await pay(sent.location)

    after = await browser.get(await order_url())

    assert "Buy 1,100 tokens for €9.00" in page.words
    assert "1,000 and 100 as a bonus" in page.words
    assert "By buying I ask for the tokens to be usable at once" in page.words
    assert "Your tokens are not paid yet" in before.words
    assert "Nothing was charged so far" in before.words
    assert "1,100 tokens are in your wallet" in after.words
    assert await count("token_grant", "kind IN ('PACK', 'PACK_BONUS')") == 2


async def test_the_page_of_tokens_sells_packs_and_takes_them_back(
    browser: Browser, services: Services, person: Person
) -> None:
    order = await buy(services, person.actor)
    await spend(person, 100)

    page = await browser.get("/tokens")
    sent = await browser.submit(page, "/tokens/packs/pack_10k/buy")

    assert "Buy 1,100 tokens for €9.00" in page.words
    assert "Unspent: 1,000 base and 0 bonus tokens" in page.words
    assert "give them back for €9.00" in page.words
    assert f"/tokens/orders/{order.id}/refund" in page.response.text
    assert "/c/pay/" in sent.location
    assert await count("pack_order", "pack = 'pack_10k' AND status = 'PENDING'") == 1


async def test_a_french_page_says_the_same(browser: Browser, person: Person) -> None:
    await put("app_user", "locale", "fr")
    browser.become(person)

    page = await browser.get(PATH)

    assert "Acheter 1 100 jetons pour 9,00 €" in page.words
    assert "délai de rétractation de 14 jours" in page.words


async def test_a_page_that_closed_says_that_nothing_was_charged(
    browser: Browser, person: Person, stripe_side: StripeSide
) -> None:
    await browser.submit(await browser.get(PATH), f"{PATH}/buy")
    session = await db.fetch_value("SELECT checkout_session_id FROM pack_order")
    await stripe_side.expire(str(session))

    page = await browser.get(await order_url())

    assert "No tokens were bought" in page.words
    assert "nothing was charged" in page.words


async def test_a_silent_stripe_is_said_and_nobody_pays_twice(
    browser: Browser, person: Person, stripe_side: StripeSide
) -> None:
    await browser.submit(await browser.get(PATH), f"{PATH}/buy")
    await stripe_side.fail("disconnect_before", "/v1/checkout/sessions*", times=None)

    page = await browser.get(await order_url())

    assert "Your payment is being confirmed" in page.words
    assert "Please do not pay again" in page.words


async def test_an_unknown_pack_is_not_found(browser: Browser, person: Person) -> None:
    page = await browser.get("/tokens/packs/pack_2k")

    assert page.status == 404


async def test_a_member_sees_who_buys(browser: Browser, person: Person) -> None:
    member = await make_member(person, "member", AccountRole.MEMBER)
    assert person.actor.account_id is not None
    await db.execute("UPDATE account SET seats = 5 WHERE id = $1", person.actor.account_id)
    await choose_account(member.actor, person.actor.account_id)
    browser.become(member)

    page = await browser.get(PATH)

    assert "Packs are bought by the owner" in page.words or "achetés par" in page.words
    assert not page.has_form(f"{PATH}/buy")


async def test_a_buyer_confirms_and_gets_the_unspent_part(
    browser: Browser, services: Services, person: Person
) -> None:
    order = await buy(services, person.actor)
    await spend(person, 600)
    path = f"/tokens/orders/{order.id}/refund"

    page = await browser.get(path)
    sent = await browser.submit(page, path)
    again = await browser.get(path)

    assert "500 of 1,000 base tokens and 0 bonus tokens" in page.words
    assert "Give them back for €4.50" in page.words
    assert sent.location.endswith("/tokens?notice=pack-refund-settled")
    assert "Nothing of this pack is left" in again.words
    assert await grants_of(order) == Grants(0, 0)


async def test_a_spend_after_the_page_is_shown_again(
    browser: Browser, services: Services, person: Person
) -> None:
    order = await buy(services, person.actor)
    path = f"/tokens/orders/{order.id}/refund"
    page = await browser.get(path)
    await spend(person, 200)

    refused = await browser.submit(page, path)

    assert refused.status == 409
    assert "spent since" in refused.words
    assert "Give them back for €8.10" in refused.words
    assert await grants_of(order) == Grants(900, 0)


@pytest.mark.parametrize("amount", ["", "x", "9.00", "٩", "9" * 30, "-1"])
async def test_a_forged_amount_is_refused(
    browser: Browser, services: Services, person: Person, amount: str
) -> None:
    order = await buy(services, person.actor)
    path = f"/tokens/orders/{order.id}/refund"

    refused = await browser.submit(await browser.get(path), path, {"expected_amount": amount})

    assert refused.status == 422
    assert await grants_of(order) == Grants(1000, 100)


async def test_after_14_days_the_page_leads_to_the_desk(
    browser: Browser, services: Services, person: Person
) -> None:
    order = await buy(services, person.actor)
    await advance(services, timedelta(days=20).days)

    page = await browser.get(f"/tokens/orders/{order.id}/refund")

    assert "The 14 days in which it could be given back are over" in page.words
    assert not page.has_form(f"/tokens/orders/{order.id}/refund")


async def test_staff_see_what_is_unspent_and_return_it(
    browser: Browser, services: Services, person: Person
) -> None:
    order = await buy(services, person.actor)
    await spend(person, 350)
    clerk = await make_person("clerk", staff=(Staff.SUPPORT,))
    await put("app_user", "locale", "en")
    browser.become(clerk)
    invoice = await db.fetch_value("SELECT id FROM invoice")
    path = f"/staff/invoices/{invoice}"

    page = await browser.get(path)
    wrong = await browser.submit(page, f"{path}/refund", {"amount": "1.00", "reason": "Fair"})
    right = await browser.submit(wrong, f"{path}/refund", {"amount": "6.75", "reason": "Fair"})

    assert "750 of its base and 0 of its bonus" in page.words
    assert wrong.status == 422
    assert "€6.75 now" in wrong.words
    assert right.location.endswith("notice=refund-settled")
    assert await grants_of(order) == Grants(0, 0)


async def test_a_pack_is_withdrawn_from_on_the_page_of_contracts(
    browser: Browser, services: Services, person: Person
) -> None:
    order = await buy(services, person.actor)

    listed = await browser.get("/account/withdraw")
    page = await browser.get(f"/account/withdraw/{order.id}")
    await browser.submit(page, f"/account/withdraw/{order.id}")
    await catch_up(services)

    assert "Pack 1 100" in listed.words
    assert "€9.00 would come back" in listed.words
    assert "price of its unspent base tokens" in page.words
    assert await grants_of(order) == Grants(0, 0)


async def test_somebody_elses_order_is_not_found(
    browser: Browser, services: Services, person: Person
) -> None:
    order = await buy(services, person.actor)
    browser.become(await make_person("other"))

    pages = [
        await browser.get(f"/tokens/orders/{order.id}"),
        await browser.get(f"/tokens/orders/{order.id}/refund"),
    ]

    assert [page.status for page in pages] == [404, 404]
    assert await grants_of(order) == Grants(1000, 100)


async def test_a_refund_at_stripe_shows_on_the_page(
    browser: Browser, services: Services, person: Person, stripe_side: StripeSide
) -> None:
    order = await buy(services, person.actor)
    await return_at_stripe(stripe_side, order, 300)
    await catch_up(services)

    page = await browser.get(f"/tokens/orders/{order.id}/refund")

    assert "667 of 1,000 base tokens and 67 bonus tokens" in page.words
    assert "Give them back for €6.00" in page.words
