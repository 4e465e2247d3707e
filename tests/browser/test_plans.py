"""The life of a plan in a browser: trial, card, renewal, change, coupon, leaving, company.

And that of a monthly agent.
"""

import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Locator, expect

from chenu.demo.acts import own_card
from tests.browser.subscriber import Subscriber, let_pass, sign_up
from tests.browser.visitor import MARKS, Visitor, open_visitor
from tests.demo.running import RunningDemo, run_chenu, start_empty_demo

pytestmark = MARKS

BEGINS_AT = datetime(2027, 1, 12, 9, tzinfo=UTC)
CARDS = count(870_000_000)
TRIAL_MAIL = "Your trial of Starter ends on"


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningDemo]:
    """One of their own, because its time is moved; whatever was done, its books are true."""
    folder = Path(tempfile.mkdtemp(prefix="chenu-demo-"))
    running = start_empty_demo(folder, BEGINS_AT, "staff", "pro", shop="agora")
    yield running
    checked = run_chenu(folder, "ledger", "check")
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)
    assert checked.returncode == 0, checked.stdout


@pytest.fixture
async def visitor(chromium: Browser, demo: RunningDemo) -> AsyncIterator[Visitor]:
    """Somebody who reads English."""
    async with open_visitor(chromium, demo, locale="en-GB") as somebody:
        yield somebody
        somebody.require_clean()


async def let_weeks_pass(visitor: Visitor, weeks: int) -> None:
    """With looks at the plan, because who stays away for two weeks is signed out."""
    for _ in range(weeks):
        await let_pass(visitor, "7d")
        await visitor.go("/account/plan")


def long_date(moment: str) -> str:
    """The day of "12 Jan 2027, 00:00 UTC" as in "January 12, 2027"."""
    day = datetime.strptime(moment, "%d %b %Y, %H:%M UTC").replace(tzinfo=UTC)
    return f"{day:%B} {day.day}, {day.year}"


async def save_a_card_when_mailed(person: Subscriber) -> None:
    """The mail of a trial's end leads to it."""
    await let_pass(person.visitor, "11d")
    await expect(await person.mails(TRIAL_MAIL)).to_have_count(0)
    await let_pass(person.visitor, "25h")
    mail = await person.mails(TRIAL_MAIL)
    await expect(mail).to_have_count(1)

    await mail.get_by_role("link", name="/account/plan").click()
    await person.save_card()
    assert await person.visitor.accessibility_faults() == []


async def require_paid_invoices(person: Subscriber, number: int) -> Locator:
    """The newest of them, whose file can be fetched."""
    invoices = (await person.invoices()).filter(has_text="Paid · €9.00, VAT included")
    await expect(invoices).to_have_count(number)
    await person.require_pdf(invoices.first)
    return invoices.first


async def buy_monthly_agent(visitor: Visitor, slug: str) -> str:
    """The path of the purchase's page."""
    await visitor.sign_in("pro")
    await visitor.order(slug)
    await visitor.pay(own_card(next(CARDS)))
    await visitor.page.wait_for_url("**/purchases/**")
    await visitor.page.wait_for_selector(".state-paid")
    return urlsplit(visitor.page.url).path


async def require_receipts(visitor: Visitor, path: str, number: int) -> None:
    await visitor.sign_out()  # who stays away for two weeks is signed out
    await visitor.sign_in("pro")
    await visitor.go(path)
    await expect(visitor.page.locator("a[href*='/i/']")).to_have_count(number)
    assert await visitor.accessibility_faults() == []


async def cancel_monthly_agent(visitor: Visitor, path: str) -> None:
    await visitor.press(f"form[action='{path}/cancel'] button")
    await expect(visitor.page.locator(f"form[action='{path}/resume']")).to_be_visible()
    assert await visitor.accessibility_faults() == []


async def test_months_pass_for_a_trial_and_a_monthly_agent(
    chromium: Browser, demo: RunningDemo, visitor: Visitor
) -> None:
    """Side by side, because time is what takes long.

    The trial begins without a card and becomes a paid plan with its invoices; the agent is paid
    each month and lost after its end.
    """
    person, slug = await sign_up(visitor, "Ada"), "gardien-de-communaute"
    await person.choose_on_pricing("Starter")
    await person.begin_trial("Starter")
    async with open_visitor(chromium, demo, locale="en-GB") as owner:
        purchase = await buy_monthly_agent(owner, slug)

        await save_a_card_when_mailed(person)
        await let_pass(visitor, "2d")
        await expect(await person.mails(TRIAL_MAIL)).to_have_count(1)
        await require_paid_invoices(person, 1)
        await visitor.go("/account/plan")
        assert await person.fact("State") == "Active"
        renewed_on = await person.fact("Renewed on")

        await let_weeks_pass(visitor, 5)
        assert await person.fact("Renewed on") != renewed_on
        renewal = await require_paid_invoices(person, 2)
        await expect(renewal).to_contain_text(long_date(renewed_on))

        await let_weeks_pass(visitor, 2)
        await require_receipts(owner, purchase, 3)
        await cancel_monthly_agent(owner, purchase)
        assert await owner.go(f"/agents/{slug}/manifest") == 200

        await let_pass(visitor, "31d")
        await owner.sign_out()
        await owner.sign_in("pro")
        await owner.go(f"/agents/{slug}")
        await expect(owner.page.locator(f"form[action='/agents/{slug}/buy']")).to_be_visible()
        await expect(owner.page.locator(f"a[href='/agents/{slug}/manifest']")).to_have_count(0)
        owner.require_clean()


async def test_a_trial_begins_without_javascript(chromium: Browser, demo: RunningDemo) -> None:
    async with open_visitor(chromium, demo, locale="en-GB", javascript=False) as visitor:
        person = await sign_up(visitor, "Blanche")
        await person.choose_on_pricing("Starter")
        await person.begin_trial("Starter")

        await visitor.go("/account/plan")
        assert await person.fact("Plan") == "Starter"
        assert await person.fact("Trial until")
        visitor.require_clean()


async def test_an_upgrade_costs_what_its_preview_says(visitor: Visitor) -> None:
    person = await sign_up(visitor, "Clara")
    await person.begin("Starter")
    await visitor.go("/account/plan")
    await person.page.get_by_role("link", name="Change the plan").click()
    await person.page.get_by_label("Plan", exact=True).select_option("PRO")
    await person.page.get_by_role("button", name="Show what it costs").click()
    due = await person.fact("Due now")
    await person.page.get_by_role("button", name=f"Change and pay {due}").click()

    await expect(person.page.get_by_text("Your plan has changed.")).to_be_visible()
    assert await person.fact("Plan") == "Pro"
    await person.await_invoice(f"Paid · {due}, VAT included")
    await expect(await person.invoices()).to_have_count(2)


async def test_a_code_takes_half_off_the_first_invoice(visitor: Visitor) -> None:
    person = await sign_up(visitor, "Denise")
    await person.choose_on_pricing("Pro")
    page = person.page
    await page.get_by_label("Begin", exact=True).select_option("Pay from the first day")
    await page.get_by_label("Code").fill("LAUNCH50")
    await page.get_by_role("button", name="See what the code does").click()
    half = await person.fact("First invoice")
    assert await person.fact("Later invoices") == "€29.00"
    assert await visitor.accessibility_faults() == []
    await person.go_to_checkout()
    await expect(page.get_by_role("row", name="Discount")).to_contain_text(f"-{half}")
    await person.pay(f"Subscribe {half}")
    await person.expect_begun("Pro")
    assert await visitor.accessibility_faults() == []

    assert half == "€14.50"
    await person.await_invoice(f"Paid · {half}, VAT included")


async def test_a_wrong_code_is_refused_at_its_field(visitor: Visitor) -> None:
    person = await sign_up(visitor, "Edith")
    await person.choose_on_pricing("Pro")
    await person.page.get_by_label("Code").fill("LUNCH50")
    await person.page.get_by_role("button", name="See what the code does").click()

    code = person.page.get_by_label("Code")
    await expect(code).to_have_value("LUNCH50")
    await expect(code).to_have_attribute("aria-invalid", "true")
    await expect(code).to_have_accessible_description(re.compile("code", re.IGNORECASE))
    await expect(person.page.get_by_label("Plan", exact=True)).to_have_value("PRO")
    assert await visitor.accessibility_faults() == []


async def test_a_plan_is_cancelled_and_taken_up_again(visitor: Visitor) -> None:
    person = await sign_up(visitor, "Flora")
    await person.begin("Starter")
    page = person.page
    await visitor.go("/account/plan")
    renewed = await person.fact("Renewed on")
    await page.get_by_label("Why do you leave?").fill("A long holiday")
    await page.get_by_role("button", name="Cancel at the end of the period").click()
    canceled = page.get_by_text("Your plan is cancelled: it ends with its period.")
    await expect(canceled).to_be_visible()
    assert await person.fact("Ends on") == renewed

    await page.get_by_role("button", name="Keep the plan", exact=True).click()

    await expect(page.get_by_text("Your plan goes on")).to_be_visible()
    assert await person.fact("Renewed on") == renewed


async def test_a_company_invites_a_member_who_acts_for_it(
    chromium: Browser, demo: RunningDemo, visitor: Visitor
) -> None:
    owner = await sign_up(visitor, "Gisele")
    await owner.begin("Business")
    async with open_visitor(chromium, demo, locale="en-GB") as other:
        guest = await sign_up(other, "Hedy")
        await visitor.go("/account/members")
        await owner.page.get_by_label("E-mail address").fill(guest.email)
        await owner.page.get_by_role("button", name="Send the invitation").click()
        await expect(owner.page.get_by_text("The invitation is on its way.")).to_be_visible()

        mail = await guest.await_mail("An invitation to an account on CHE·NU")
        await mail.get_by_role("link", name="/invitation").click()
        await guest.page.get_by_role("button", name="Accept the invitation").click()
        acting = guest.page.get_by_label("Act for")
        await acting.select_option("Gisele")
        await guest.page.get_by_role("button", name="Switch account").click()
        await other.go("/account")
        await expect(acting.get_by_role("option", selected=True)).to_have_text("Gisele")
        await expect(guest.page.get_by_role("main")).to_contain_text("Business")
        other.require_clean()
