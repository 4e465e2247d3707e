"""Tokens in a browser: a pack is bought, a run uses some of it, and every open page follows."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.subscriber import Subscriber, sign_up
from tests.browser.visitor import MARKS, PATIENCE_MS, Visitor, open_visitor
from tests.demo.running import RunningDemo

pytestmark = MARKS

CARD = "4242 4242 4242 4242"
PLATFORM_AGENTS = "/agents?kind=PLATFORM&level=L0"


@pytest.fixture
async def visitor(chromium: Browser, demo: RunningDemo) -> AsyncIterator[Visitor]:
    """Somebody who reads English."""
    async with open_visitor(chromium, demo, locale="en-GB") as somebody:
        yield somebody
        somebody.require_clean()


async def balance_of(page: Page) -> int:
    """What the meter says: `1,600 tokens`."""
    shown = await page.locator("#meter .meter-link").inner_text()
    return int(re.sub(r"\D", "", shown.partition("token")[0]))


async def buy_a_thousand(person: Subscriber) -> None:
    await person.visitor.go("/tokens")
    await person.page.get_by_role("button", name="Buy 1,100 tokens for €9.00").click()
    await person.page.wait_for_url("**/c/pay/**")
    await person.pay(re.compile("^Pay"), CARD)
    heading = person.page.get_by_role("heading", name="1,100 tokens are in your wallet")
    await expect(heading).to_be_visible()


async def expect_two_grants(page: Page) -> None:
    for name, left in (("Bonus of a pack", "100 of 100 left"), ("Bought tokens", "1,000 of 1,000")):
        grant = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=name))
        await expect(grant).to_contain_text(left)


async def open_an_agent(visitor: Visitor) -> None:
    """One that comes with every plan."""
    await visitor.go(PLATFORM_AGENTS)
    await visitor.press(".card-name a")
    await visitor.page.wait_for_url("**/agents/*")


async def run_it(page: Page) -> None:
    await page.get_by_label("Tokens at most").fill("40")
    await page.get_by_role("button", name="Run it once").click()


async def expect_the_balance_falls(
    visitor: Visitor, person: Subscriber, watching: Page, before: int
) -> int:
    """On both pages, without loading them again; returns what is left."""
    done = person.page.get_by_role("status").filter(has_text="Done")
    await expect(done).to_be_visible()
    for page in (person.page, watching):
        meter = page.locator("#meter")
        await expect(meter).not_to_contain_text(f"{before:,} tokens", timeout=PATIENCE_MS)
        assert await page.evaluate("window.isTheSamePage")
    await visitor.go("/tokens")  # while it runs, more is held than it uses in the end
    after = await balance_of(person.page)
    assert after < before
    meter = watching.locator("#meter")
    await expect(meter).to_contain_text(f"{after:,} tokens", timeout=PATIENCE_MS)
    await expect(watching.locator("#glance-title + .big")).to_contain_text(f"{after:,}")
    return after


async def hours_on_roi(visitor: Visitor) -> str:
    await visitor.go("/roi")
    return await visitor.page.locator("#roi-hours").inner_text()


async def test_a_pack_is_two_grants_and_a_run_makes_every_open_page_fall(visitor: Visitor) -> None:
    person = await sign_up(visitor, "Irene")
    await visitor.go("/tokens")
    before = await balance_of(person.page)
    hours_before = await hours_on_roi(visitor)
    await buy_a_thousand(person)
    await visitor.go("/tokens")
    assert await balance_of(person.page) == before + 1_100
    await expect_two_grants(person.page)
    assert await visitor.accessibility_faults() == []

    watching = await visitor.context.new_page()
    await watching.goto(f"{visitor.demo.url}/tokens")
    await watching.evaluate("window.isTheSamePage = true")
    await open_an_agent(visitor)
    await person.page.evaluate("window.isTheSamePage = true")
    await run_it(person.page)

    after = await expect_the_balance_falls(visitor, person, watching, before + 1_100)
    await watching.close()
    assert await visitor.accessibility_faults() == []

    assert hours_before == "0 h" != await hours_on_roi(visitor)
    await visitor.go("/tokens/statement")
    used = person.page.get_by_role("row", name="In all").first
    await expect(used).to_contain_text(str(before + 1_100 - after))
    assert await visitor.accessibility_faults() == []


async def test_the_statement_is_downloaded(visitor: Visitor) -> None:
    person = await sign_up(visitor, "Jutta")
    await buy_a_thousand(person)
    await visitor.go("/tokens/statement")

    async with person.page.expect_download() as download:
        await person.page.get_by_role("link", name="Download as CSV").click()

    file = await (await download.value).path()
    assert "Bonus of a pack" in file.read_text("utf-8-sig")


async def test_the_same_purchase_without_javascript(chromium: Browser, demo: RunningDemo) -> None:
    async with open_visitor(chromium, demo, locale="en-GB", javascript=False) as visitor:
        person = await sign_up(visitor, "Karin")
        await visitor.go("/tokens")
        before = await balance_of(person.page)
        await buy_a_thousand(person)
        await visitor.go("/tokens")
        await expect_two_grants(person.page)
        assert await balance_of(person.page) == before + 1_100

        await open_an_agent(visitor)
        await run_it(person.page)

        await expect(person.page.get_by_role("status").filter(has_text="Done")).to_be_visible()
        assert await balance_of(person.page) < before + 1_100
        visitor.require_clean()
