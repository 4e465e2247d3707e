"""The support desk sees a customer's pages, and the customer sees that it did."""

import pytest

from chenu.accounts.actor import Staff
from chenu.accounts.impersonation import end_impersonation, find_impersonated, start_impersonation
from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.services import Services
from tests.people import Person, make_person
from tests.rows import count, put
from tests.storefront.browser import Browser, Seen

REASON = "The invoice of May is missing."


@pytest.fixture
async def customer(services: Services) -> Person:
    return await make_person("zoe")


@pytest.fixture
async def clerk(services: Services) -> Person:
    return await make_person("clerk", staff=(Staff.SUPPORT,))


async def begin(browser: Browser, clerk: Person, customer: Person, locale: str = "en") -> Seen:
    """From the account's page to the customer's first page."""
    await put("app_user", "locale", locale)
    browser.become(clerk)
    account = await browser.get(f"/staff/customers/{customer.actor.account_id}")
    [link] = [link for link in account.links() if link.endswith("/impersonate")]
    opened = await browser.get(link)
    return await browser.follow(await browser.submit(opened, link, {"reason": REASON}))


@pytest.mark.parametrize(
    ("locale", "banner"),
    [
        ("en", "Clerk sees the pages of Zoe until"),
        ("fr", "Clerk voit les pages de Zoe jusqu’au"),
    ],
)
async def test_each_page_says_who_looks_at_whose_and_leads_out(
    browser: Browser, clerk: Person, customer: Person, locale: str, banner: str
) -> None:
    first = await begin(browser, clerk, customer, locale)

    for path in ("/account", "/library", "/agents", "/account/security", "/nothing"):
        seen = await browser.get(path)
        assert banner in seen.page.words("body"), path
        assert seen.has_form("/impersonation/leave"), path
    left = await browser.follow(await browser.submit(first, "/impersonation/leave"))

    assert customer.email in first.words
    assert banner not in left.page.words("body")
    assert left.response.url.path == f"/staff/customers/{customer.actor.account_id}"


async def test_a_form_of_the_customer_is_refused_with_words(
    browser: Browser, clerk: Person, customer: Person
) -> None:
    seen = await begin(browser, clerk, customer)

    refused = await browser.submit(seen, "/account/profile", {"display_name": "Forged"})

    assert refused.status == 403
    assert "nothing can be changed or downloaded here" in refused.words
    assert await count("app_user", "display_name = 'Forged'") == 0


@pytest.mark.parametrize("reason", ["", " ", "x" * 501])
async def test_a_reason_is_needed(
    browser: Browser, clerk: Person, customer: Person, reason: str
) -> None:
    await put("app_user", "locale", "en")
    browser.become(clerk)
    path = f"/staff/customers/{customer.actor.account_id}/impersonate"

    refused = await browser.submit(await browser.get(path), path, {"reason": reason})

    assert refused.status == 422
    assert "#impersonate-reason" in refused.links()
    assert await count("impersonation") == 0


async def test_the_customer_reads_who_looked_by_role_when_and_why(
    browser: Browser, clerk: Person, customer: Person
) -> None:
    await put("app_user", "locale", "en")
    browser.become(customer)
    before = await browser.get("/account/security")
    account_id = customer.actor.account_id
    assert account_id is not None
    for number in range(12):
        begun = await start_impersonation(clerk.actor, account_id, f"{REASON} {number}.")
        looking = await find_impersonated(clerk.actor, begun.token)
        assert looking is not None
        await end_impersonation(looking)

    seen = await browser.get("/account/security")
    [older] = [link for link in seen.links() if "after=" in link]
    second = await browser.get(older)

    assert "Nobody has looked so far." in before.words
    assert f"{REASON} 11." in seen.words
    assert "Support desk, " in seen.words
    assert "Clerk" not in seen.words
    assert f"{REASON} 0." not in seen.words
    assert f"{REASON} 0." in second.words


async def test_an_open_one_ends_when_it_ends(
    browser: Browser, clerk: Person, customer: Person
) -> None:
    await begin(browser, clerk, customer)

    ends = await db.fetch_value("SELECT expires_at - started_at FROM impersonation")
    assert ends.total_seconds() == 30 * 60
    assert await count("impersonation", "started_at <= $1", system_now()) == 1
