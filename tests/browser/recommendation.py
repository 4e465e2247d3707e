"""An affiliate, the customer whom their link brings, and the payout that staff make."""

import re
from dataclasses import dataclass

from playwright.async_api import Browser, expect

from tests.browser.subscriber import PASSWORD, Subscriber, sign_up
from tests.browser.visitor import Visitor, open_visitor
from tests.demo.running import RunningDemo

EARNED = "€79.20"
"""10 % of a year of Business with CHENU20."""


@dataclass
class Recommendation:
    """`email` is the affiliate's."""

    email: str
    code: str


async def recommend(chromium: Browser, demo: RunningDemo) -> Recommendation:
    """An affiliate joins and can be paid; a customer follows the link and begins a year's trial."""
    async with open_visitor(chromium, demo, locale="en-GB") as visitor:
        affiliate = await sign_up(visitor, "Theodora")
        code = await _join(visitor)
        await _set_up_payouts(visitor)
        visitor.require_clean()
    async with open_visitor(chromium, demo, locale="en-GB") as visitor:
        await visitor.go(f"/pricing?ref={code}")
        await visitor.page.get_by_role("button", name="Yes, remember it").click()
        await _begin_year(await sign_up(visitor, "Nestor"))
        visitor.require_clean()
    return Recommendation(affiliate.email, code)


async def _join(visitor: Visitor) -> str:
    await visitor.go("/affiliates")
    await visitor.page.get_by_role("button", name="Join the programme").click()
    await expect(visitor.page.get_by_text("Your link counts from now on.")).to_be_visible()
    found = re.search(r"CHENU[0-9A-F]{8}", await visitor.text())
    assert found is not None
    return found.group()


async def _set_up_payouts(visitor: Visitor) -> None:
    await visitor.go("/affiliate")
    await visitor.page.get_by_role("button", name="Set up your payouts").click()
    await visitor.press("button[value=complete]")
    await expect(visitor.page.get_by_text("Stripe can pay you.")).to_be_visible()


async def _begin_year(person: Subscriber) -> None:
    await person.choose_on_pricing("Business")
    await person.page.get_by_label("Paid", exact=True).select_option("By the year")
    await person.page.get_by_label("Code").fill("CHENU20")
    await person.go_to_checkout()
    await person.pay("Start the trial")
    await person.expect_begun("Business")


async def require_paid_once(
    chromium: Browser, demo: RunningDemo, made: Recommendation, month: str
) -> None:
    """Staff run the payouts of the month: 79.20 arrives, and what is too little waits."""
    async with open_visitor(chromium, demo) as staff:
        await staff.sign_in("staff")
        await _run_payouts(staff, month)
        staff.require_clean()
    async with open_visitor(chromium, demo, locale="en-GB") as visitor:
        await _sign_in(visitor, made.email)
        await visitor.go("/affiliate")
        assert await _tile(visitor, "Paid out") == EARNED
        assert await _tile(visitor, "Due") == "€0.00"
        assert await visitor.accessibility_faults() == []
        await visitor.page.get_by_role("link", name="Change the bank account at Stripe").click()
        await expect(visitor.page.get_by_role("row", name=EARNED).first).to_be_visible()
        visitor.require_clean()
    async with open_visitor(chromium, demo) as visitor:
        await visitor.sign_in("affiliate")
        await visitor.go("/affiliate")
        assert await _tile(visitor, "Versé") == "0,00 €"
        assert await _tile(visitor, "Dû") == "0,90 €"


async def _run_payouts(staff: Visitor, month: str) -> None:
    """After a dry run, which changes nothing."""
    await staff.go("/staff/affiliates/payouts")
    await staff.page.fill("[name=month]", month)
    await staff.press("form[action='/staff/affiliates/payouts'] button")
    await expect(staff.page.get_by_text("1 affilié serait payé.")).to_be_visible()
    assert await staff.accessibility_faults() == []
    await staff.page.fill("[name=reason]", "Les versements du mois, à la main.")
    await staff.press("form[action='/staff/affiliates/payouts/run'] button")
    await expect(staff.page.get_by_role("row", name=re.compile("79,20"))).to_be_visible()


async def _sign_in(visitor: Visitor, email: str) -> None:
    await visitor.go("/sign-in")
    await visitor.page.fill("[name=email]", email)
    await visitor.page.fill("[name=password]", PASSWORD)
    await visitor.press("form[action='/sign-in'] button")
    await visitor.page.wait_for_selector("header a[href='/account']")


async def _tile(visitor: Visitor, term: str) -> str:
    terms = visitor.page.get_by_role("term").filter(has_text=re.compile(f"^{term}$"))
    found = await terms.first.locator("xpath=following-sibling::dd[1]").inner_text()
    return found.replace("\xa0", " ").replace("\u202f", " ")
