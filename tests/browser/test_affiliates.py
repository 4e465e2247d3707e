"""What an affiliate earns in a browser: a link, a customer, a year of Business, a payout."""

import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.subscriber import PASSWORD, Subscriber, let_pass, sign_up
from tests.browser.visitor import MARKS, Visitor, open_visitor
from tests.demo.running import RunningDemo, run_chenu, start_empty_demo

pytestmark = MARKS

BEGINS_AT = datetime(2027, 5, 2, 9, tzinfo=UTC)
"""The second day of a month of 31 days: the sum is due after the run of the next month's first."""
EARNED = "€79.20"
"""10 % of a year of Business with CHENU20: 7920 cents of 79200."""
TOO_LITTLE = "€0.90"
"""10 % of a month of Starter."""


@dataclass(frozen=True)
class Affiliate:
    email: str
    code: str


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningDemo]:
    """One of their own, because it begins on a day of its own; its books are true at the end."""
    folder = Path(tempfile.mkdtemp(prefix="chenu-demo-"))
    running = start_empty_demo(folder, BEGINS_AT, "staff")
    yield running
    checked = run_chenu(folder, "ledger", "check")
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)
    assert checked.returncode == 0, checked.stdout


@asynccontextmanager
async def somebody(chromium: Browser, demo: RunningDemo) -> AsyncIterator[Visitor]:
    """Who reads English."""
    async with open_visitor(chromium, demo, locale="en-GB") as visitor:
        yield visitor
        visitor.require_clean()


async def test_a_year_of_a_customer_is_paid_out_and_a_month_of_another_is_carried_over(
    chromium: Browser, demo: RunningDemo
) -> None:
    theodora, aurelia = [
        await become_affiliate(chromium, demo, name) for name in ("Theodora", "Aurelia")
    ]
    async with somebody(chromium, demo) as visitor:
        person = await sign_up_by_link(visitor, theodora, "Nestor")
        await begin_year(person)
        await add_card(person)
    async with somebody(chromium, demo) as visitor:
        person = await sign_up_by_link(visitor, aurelia, "Basile")
        await person.choose_on_pricing("Starter")
        await person.begin_trial("Starter")
        await add_card(person)
        await let_pass(visitor, "47d")

    await run_payouts(chromium, demo)

    async with somebody(chromium, demo) as visitor:
        await open_dashboard(visitor, theodora)
        assert await tiles(visitor) == {"Due": "€0.00", "Paid out": EARNED}
        assert await visitor.accessibility_faults() == []
        await visitor.page.get_by_role("link", name="Change the bank account at Stripe").click()
        await expect(visitor.page.get_by_role("row", name=EARNED).first).to_be_visible()
    async with somebody(chromium, demo) as visitor:
        await open_dashboard(visitor, aurelia)
        assert await tiles(visitor) == {"Due": TOO_LITTLE, "Paid out": "€0.00"}


async def become_affiliate(chromium: Browser, demo: RunningDemo, name: str) -> Affiliate:
    """Joins, and can be paid."""
    async with somebody(chromium, demo) as visitor:
        person = await sign_up(visitor, name)
        await visitor.go("/affiliates")
        await visitor.page.get_by_role("button", name="Join the programme").click()
        await expect(visitor.page.get_by_text("Your link counts from now on.")).to_be_visible()
        found = re.search(r"CHENU[0-9A-F]{8}", await visitor.text())
        assert found is not None
        await visitor.go("/affiliate")
        await visitor.page.get_by_role("button", name="Set up your payouts").click()
        await visitor.press("button[value=complete]")
        await expect(visitor.page.get_by_text("Stripe can pay you.")).to_be_visible()
    return Affiliate(person.email, found.group())


async def sign_up_by_link(visitor: Visitor, affiliate: Affiliate, name: str) -> Subscriber:
    await visitor.go(f"/pricing?ref={affiliate.code}")
    await visitor.page.get_by_role("button", name="Yes, remember it").click()
    return await sign_up(visitor, name)


async def begin_year(person: Subscriber) -> None:
    """A trial without a card, then by the year with the code."""
    await person.choose_on_pricing("Business")
    await person.page.get_by_label("Paid", exact=True).select_option("By the year")
    await person.page.get_by_label("Code").fill("CHENU20")
    await person.begin_trial("Business")


async def add_card(person: Subscriber) -> None:
    await person.visitor.go("/account/plan")
    await person.save_card()


async def run_payouts(chromium: Browser, demo: RunningDemo) -> None:
    """After a dry run, which changes nothing."""
    async with somebody(chromium, demo) as staff:
        await staff.sign_in("staff")
        await staff.go("/staff/affiliates/payouts")
        await staff.page.fill("[name=month]", "2027-06")
        await staff.press("form[action='/staff/affiliates/payouts'] button")
        await expect(staff.page.get_by_text("1 affilié serait payé.")).to_be_visible()
        await expect(staff.page.get_by_text("1 est reporté.")).to_be_visible()
        assert await staff.accessibility_faults() == []
        await staff.page.fill("[name=reason]", "Les versements du mois, à la main.")
        await staff.press("form[action='/staff/affiliates/payouts/run'] button")
        await expect(staff.page.get_by_role("row", name=re.compile("79,20"))).to_be_visible()


async def open_dashboard(visitor: Visitor, affiliate: Affiliate) -> None:
    await visitor.go("/sign-in")
    await visitor.page.get_by_label("E-mail address").fill(affiliate.email)
    await visitor.page.get_by_label("Password").fill(PASSWORD)
    await visitor.press("form[action='/sign-in'] button")
    await visitor.page.wait_for_selector("header a[href='/account']")
    await visitor.go("/affiliate")


async def tiles(visitor: Visitor) -> dict[str, str]:
    """What the dashboard says of these sums."""
    found = {}
    for term in ("Due", "Paid out"):
        terms = visitor.page.get_by_role("term").filter(has_text=re.compile(f"^{term}$"))
        value = await terms.first.locator("xpath=following-sibling::dd[1]").inner_text()
        found[term] = value
    return found
