"""The support desk's pages of refunds, and what the customer sees of them."""

import pytest

from chenu.accounts.actor import Staff
from chenu.billing.recurring import BillingInterval
from chenu.flows.services import Services
from tests.flows.test_plan_refunds import Paid, make_paid, returned
from tests.rows import put
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import Fingerprint
from tests.storefront.visitors import make_reader
from tests.stripe_side import StripeSide


@pytest.fixture
async def paid(services: Services, stripe_side: StripeSide, browser: Browser) -> Paid:
    """PRO by the year; a clerk of the desk is signed in here."""
    paid = await make_paid(services, stripe_side, BillingInterval.YEAR)
    await put("app_user", "locale", "en")
    browser.become(paid.clerk)
    return paid


async def open_invoice(browser: Browser, paid: Paid) -> Seen:
    """Found by the account, as the desk does it."""
    account = await browser.get(f"/staff/accounts/{paid.customer.actor.account_id}")
    [link] = [link for link in account.links() if link.endswith("/invoices")]
    invoices = await browser.get(link)
    [link] = [link for link in invoices.links() if link.startswith("/staff/invoices/")]
    return await browser.get(link)


def refund_form(paid: Paid) -> str:
    return f"/staff/invoices/{paid.invoice.id}/refund"


async def test_the_desk_returns_money_and_the_customer_sees_it(
    browser: Browser, paid: Paid
) -> None:
    opened = await open_invoice(browser, paid)
    typed = {"amount": "99,50", "reason": "A week without agents."}

    done = await browser.follow(await browser.submit(opened, refund_form(paid), typed))

    assert "The money is on its way back" in done.words
    assert f"Credit note {paid.invoice.number}-CN-01" in done.words
    assert await returned(paid) == [9950]
    browser.become(paid.customer)
    seen = await browser.get("/account/invoices")
    assert "€99.50 returned on" in seen.words
    assert f"Credit note {paid.invoice.number}-CN-01" in seen.words


async def test_a_large_refund_waits_in_the_queue_for_a_colleague(
    browser: Browser, paid: Paid
) -> None:
    opened = await open_invoice(browser, paid)
    typed = {"amount": "290", "reason": "Agreed by phone."}
    waiting = await browser.follow(await browser.submit(opened, refund_form(paid), typed))
    assert "You asked for it: a colleague decides." in waiting.words

    browser.become(paid.colleague)
    queue = await browser.get("/staff/refunds")
    [link] = [link for link in queue.links() if link.startswith("/staff/invoices/")]
    page = await browser.get(link)
    [form] = [form.action for form in page.page.forms if form.action.endswith("/decide")]
    bare = await browser.submit(page, form, button="decision=reject")
    done = await browser.follow(await browser.submit(page, form, button="decision=approve"))

    assert bare.status == 422
    assert "The money is on its way back" in done.words
    assert await returned(paid) == [29000]
    assert "Nothing waits" in (await browser.get("/staff/refunds")).words


BAD = {
    "no amount": ({"amount": "", "reason": "So."}, "amount"),
    "words": ({"amount": "ten", "reason": "So."}, "amount"),
    "a tenth of a cent": ({"amount": "1.005", "reason": "So."}, "amount"),
    "nothing": ({"amount": "0", "reason": "So."}, "amount"),
    "less than nothing": ({"amount": "-1", "reason": "So."}, "amount"),
    "too much": ({"amount": "290.01", "reason": "So."}, "amount"),
    "no reason": ({"amount": "1", "reason": " "}, "reason"),
    "a long reason": ({"amount": "1", "reason": "x" * 501}, "reason"),
}


@pytest.mark.parametrize(("typed", "field"), BAD.values(), ids=BAD.keys())
async def test_bad_input_is_named_at_its_field_and_nothing_is_returned(
    browser: Browser, paid: Paid, fingerprint: Fingerprint, typed: dict[str, str], field: str
) -> None:
    opened = await open_invoice(browser, paid)
    before = await fingerprint()

    seen = await browser.submit(opened, refund_form(paid), typed)

    assert seen.status == 422
    assert [link for link in seen.links() if link == f"#refund-{field}"] != []
    assert await fingerprint() == before


async def test_too_much_is_answered_with_what_is_left(browser: Browser, paid: Paid) -> None:
    opened = await open_invoice(browser, paid)

    seen = await browser.submit(opened, refund_form(paid), {"amount": "290.01", "reason": "So."})

    assert "At most €290.00 of this invoice can be returned" in seen.words


@pytest.mark.parametrize("role", [Staff.REVIEWER, Staff.FINANCE, None], ids=str)
async def test_others_do_not_see_the_desk_s_pages(
    browser: Browser, paid: Paid, role: Staff | None
) -> None:
    browser.become(await make_reader("other", staff=(role,) if role else ()))

    for url in ("/staff/refunds", f"/staff/invoices/{paid.invoice.id}"):
        assert (await browser.get(url)).status == 403
