"""The statement of the running month follows what is used; its entries say each thing once."""

from datetime import timedelta

import pytest

from chenu.core.clock import business_now
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.people import Person
from tests.storefront.browser import Browser
from tests.storefront.token_lives import give, run
from tests.storefront.visitors import make_reader


@pytest.fixture
async def person(services: Services, browser: Browser) -> Person:
    reader = await make_reader("zoe", TierCode.PRO)
    browser.become(reader)
    return reader


async def test_the_first_page_of_this_month_follows_what_is_used(
    browser: Browser, person: Person
) -> None:
    await give(person, 500)
    this_month = await browser.get("/tokens/statement")
    earlier = await browser.get("/tokens/statement?month=2025-02")
    await run(person, 123, reason="Used meanwhile")

    [part] = this_month.page.find("div", id="statement")
    sent = {"hx_request": "true", "hx_request_type": "partial"}
    changed = await browser.get(str(part.attributes["hx-get"]), **sent)

    assert "wallet" in str(part.attributes["hx-trigger"])
    assert "Used meanwhile" in changed.response.text
    assert "<html" not in changed.response.text
    assert "hx-get" not in earlier.page.find("div", id="statement")[0].attributes


async def test_a_reason_that_says_what_the_entry_says_stands_once(
    browser: Browser, person: Person
) -> None:
    await give(person, 40, expires_at=business_now() - timedelta(days=1))

    await browser.get("/tokens")  # which books the expiry
    seen = await browser.get("/tokens")

    rows = [each.text for each in seen.page.find("th", scope="row") if "Expired" in each.text]
    assert [row.count("Expired") for row in rows] == [1]
