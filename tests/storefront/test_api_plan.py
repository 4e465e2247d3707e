"""The page of the API plan: begun, changed after a preview, left, taken up again."""

import pytest

from chenu.core import db
from chenu.flows.services import Services
from tests.flows.api_plans import (
    BASIC,
    PRO,
    api_plan_of,
    code_of,
    open_api_plans,
    open_paid_api_plan,
)
from tests.flows.plans import catch_up, pay_with
from tests.people import Person, pay, sign_in_again
from tests.rows import put
from tests.storefront.browser import Browser
from tests.stripe_side import StripeSide

PAGE = "/account/api-plan"
TO_PRO = f"{PAGE}/change?plan=PRO"


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide, browser: Browser) -> Person:
    """Somebody on Free who is signed in here."""
    await stripe_side.reset()
    person = await open_api_plans(services)
    await put("app_user", "locale", "en")
    browser.become(person)
    return person


@pytest.fixture
async def payer(services: Services, stripe_side: StripeSide, browser: Browser) -> Person:
    """With BASIC, signed in here."""
    await stripe_side.reset()
    person = await open_paid_api_plan(services)
    await put("app_user", "locale", "en")
    person = await sign_in_again(person.user_id, person.email)
    browser.become(person)
    return person


async def test_a_plan_begins_on_stripes_page(browser: Browser, person: Person) -> None:
    offered = await browser.get(f"{PAGE}?plan=PRO")
    sent = await browser.submit(offered, f"{PAGE}/start", {"plan": "BASIC"})
    await pay(sent.location)

    order = await db.fetch_value("SELECT id FROM subscription_order")
    begun = await browser.get(f"{PAGE}/orders/{order}")

    assert "No access to the API The plan of this account has no API" in offered.words
    assert "/terms#api-plans" in offered.links()
    assert "API Pro – €299.00 a month – 1,000,000 calls a month." in offered.words
    assert "Your plan API Basic has begun" in begun.words
    assert await code_of(person) is BASIC
    now = await browser.get(PAGE)
    assert "100,000 calls a month. 100 calls a minute." in now.words
    assert "No access to the API" not in now.words
    assert not now.has_form(f"{PAGE}/start")


@pytest.mark.parametrize(
    ("plan", "words"),
    [("GOLD", "Please choose one of"), ("FREE", "needs no start"), ("ENTERPRISE", "/enterprise")],
)
async def test_a_plan_that_is_not_sold_is_refused_at_its_field(
    browser: Browser, person: Person, plan: str, words: str
) -> None:
    page = await browser.get(PAGE)

    seen = await browser.submit(page, f"{PAGE}/start", {"plan": plan})

    assert seen.status == 422
    assert words in seen.words


async def test_an_upgrade_is_shown_to_the_cent_and_begins_at_once(
    services: Services, browser: Browser, payer: Person
) -> None:
    seen = await browser.get(TO_PRO)
    sent = await browser.submit(seen, f"{PAGE}/change", {})
    await catch_up(services)
    now = await browser.get(sent.location)

    assert "Due now €250.00" in seen.words
    assert "Unused time on API Basic −€49.00" in seen.words
    assert "Your plan has changed" in now.words
    assert await code_of(payer) is PRO


async def test_another_price_is_shown_anew_and_nothing_is_charged(
    browser: Browser, payer: Person
) -> None:
    seen = await browser.get(TO_PRO)

    again = await browser.submit(seen, f"{PAGE}/change", {"expected_due_now": "1"})

    assert "The price has changed" in again.words
    assert await code_of(payer) is BASIC


async def test_an_upgrade_that_is_not_confirmed_waits_and_can_be_dropped(
    services: Services, browser: Browser, payer: Person, stripe_side: StripeSide
) -> None:
    await pay_with(stripe_side, await api_plan_of(payer), "pm_card_authenticationRequired")

    await browser.submit(await browser.get(TO_PRO), f"{PAGE}/change", {})
    waiting = await browser.get(PAGE)
    await browser.submit(waiting, f"{PAGE}/resume", {})

    assert "The change to API Pro has not been paid" in waiting.words
    assert (await api_plan_of(payer)).pending_item is None
    assert await code_of(payer) is BASIC


async def test_a_plan_is_left_and_taken_up_again(browser: Browser, payer: Person) -> None:
    await browser.submit(await browser.get(PAGE), f"{PAGE}/cancel", {})
    left = await browser.get(PAGE)
    await browser.submit(left, f"{PAGE}/resume", {})
    back = await browser.get(PAGE)

    assert "then the account has the free API plan" in left.words
    assert "Renewed on" in back.words
    assert not (await api_plan_of(payer)).cancel_at_period_end


async def test_the_card_is_that_of_the_api_plan(
    services: Services, browser: Browser, payer: Person, stripe_side: StripeSide
) -> None:
    card = await browser.get(f"{PAGE}/card?before=")

    assert "The card is the same as before" in card.words
    assert card.has_form(f"{PAGE}/card")


async def test_invoices_and_withdrawals_name_the_api_plan(browser: Browser, payer: Person) -> None:
    invoices = await browser.get("/account/invoices")
    contracts = await browser.get("/account/withdraw")

    assert "API Basic" in invoices.words
    assert "Plan API Basic" in contracts.words
