"""What an affiliate is shown: numbers, arithmetic, links, and how they are paid."""

import pytest

from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.model import CommissionKind, CommissionStatus
from chenu.core.months import month_of
from chenu.core.clock import business_now
from chenu.flows.services import Services
from tests.affiliates.bound import bind, make_affiliate
from tests.affiliates.shown import bring_customers, put_clicks, put_commission
from tests.api.calls import counted_statements
from tests.people import Person, make_person
from tests.roi.paid import account_of, pay_plan
from tests.storefront.browser import Browser
from tests.storefront.test_tokens import csv_of, squeeze
from tests.storefront.visitors import make_reader

PAGE = "/affiliate"
CUSTOMERS = ("bob", "cid", "dan", "eve", "fay", "gus")


@pytest.fixture
async def ada(services: Services, browser: Browser) -> Person:
    """Signed in, an affiliate, and English."""
    person = await make_reader("ada")
    browser.become(person)
    return person


@pytest.fixture
async def affiliate(ada: Person) -> AffiliateRow:
    return await make_affiliate(ada)


async def test_who_has_not_joined_is_led_to_the_programme(browser: Browser, ada: Person) -> None:
    assert (await browser.get(PAGE)).location == "/affiliates"


async def test_the_numbers_stand_on_the_page(browser: Browser, affiliate: AffiliateRow) -> None:
    await put_clicks(affiliate, 8)
    await bring_customers(affiliate, CUSTOMERS[:2])

    seen = squeeze((await browser.get(PAGE)).words)

    assert squeeze("Waits 30 days €19.80") in seen
    assert squeeze("Clicks 8 Sign-ups 2 Paying customers 2 25% of clicks") in seen
    assert squeeze("Due so far €0.00 Missing to €50.00 €50.00") in seen
    assert squeeze("Clicks: 8.") in seen
    run = month_of(business_now()).next().first_day
    assert squeeze(f"Day of the run {run:%B} {run.day}, {run.year}") in seen


async def test_a_commission_shows_its_arithmetic(
    browser: Browser, affiliate: AffiliateRow
) -> None:
    await bring_customers(affiliate, ("bob",), paid=12000, tax=2000)

    words = squeeze((await browser.get(PAGE)).words)

    assert squeeze("Invoice CHENU-0001 Invoiced, with VAT €120.00 Paid €120.00") in words
    assert squeeze("VAT in it −€20.00 Base €100.00 Commission (10%) €10.00") in words
