"""The support desk's pages of refunds, and what the customer sees of them."""

import pytest

from chenu.accounts.actor import Staff
from chenu.billing.recurring import BillingInterval
from chenu.billing.refunds import InvoiceRefundId, InvoiceRefundRow, insert_invoice_refund
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.money import Cents
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
    account = await browser.get(f"/staff/customers/{paid.customer.actor.account_id}")
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
    done = await browser.follow(
        await browser.submit(page, form, {"reason": "Agreed."}, button="decision=approve")
    )

    assert bare.status == 422
    assert "The money is on its way back" in done.words
    assert await returned(paid) == [29000]
    queue = await browser.get("/staff/refunds")
    assert "Nothing waits" in queue.words
    assert f"€290.00 · {paid.invoice.number}" in queue.words


async def test_what_was_returned_is_listed_by_pages_the_newest_first(
    browser: Browser, paid: Paid
) -> None:
    empty = await browser.get("/staff/refunds")
    charge = await db.fetch_value("SELECT id FROM invoice_payment")
    for which in range(27):
        failed = business_now() if which == 26 else None
        await insert_invoice_refund(
            InvoiceRefundRow(
                InvoiceRefundId(new_id()),
                charge,
                paid.invoice.id,
                paid.invoice.account_id,
                f"re_{which}",
                Cents(100 + which),
                Cents(0),
                business_now(),
                failed,
            )
        )

    first = await browser.get("/staff/refunds")
    [link] = [link for link in first.links() if "made_after=" in link]
    second = await browser.get(link)
    foreign = await browser.get(link.replace("made_after=", "after="))

    assert "Nothing was returned so far." in empty.words
    assert first.words.index("€1.26 ·") < first.words.index("€1.25 ·")
    assert "came back to us" in first.words
    assert "€1.02 ·" in first.words
    assert "€1.01 ·" not in first.words
    assert "€1.01 ·" in second.words
    assert "€1.00 ·" in second.words
    assert foreign.status == 400  # a place of one list is none of the other


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
