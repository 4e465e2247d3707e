"""What a person does about a plan: by the labels and the names of buttons that they read."""

import asyncio
import re
from dataclasses import dataclass
from itertools import count

from playwright.async_api import Locator, Page, expect

from chenu.demo.acts import own_card
from tests.browser.visitor import PATIENCE_MS, Visitor
from tests.demo.running import run_chenu

PASSWORD = "a short sentence"

_NUMBERS = count(880_000_000)


@dataclass
class Subscriber:
    """A new person, signed in, who reads English."""

    visitor: Visitor
    email: str

    @property
    def page(self) -> Page:
        return self.visitor.page

    async def choose_on_pricing(self, plan: str) -> None:
        await self.visitor.go("/pricing")
        offer = self.page.get_by_role("listitem").filter(
            has=self.page.get_by_role("heading", name=plan, exact=True)
        )
        await offer.get_by_role("link", name="Start").click()
        await expect(self.page.get_by_role("heading", name="Your plan")).to_be_visible()

    async def go_to_checkout(self) -> None:
        await self.page.get_by_role("button", name="Go on to Stripe's page").click()
        await self.page.wait_for_url("**/c/pay/**")

    async def begin(self, plan: str) -> None:
        """Pays from the first day, with a card of their own."""
        await self.choose_on_pricing(plan)
        await self.page.get_by_label("Begin", exact=True).select_option("Pay from the first day")
        await self.go_to_checkout()
        await self.pay(re.compile("^Subscribe"))
        await self.expect_begun(plan)

    async def begin_trial(self, plan: str) -> None:
        """Of the plan that is chosen, with every field of the card left empty."""
        await expect(self.page.get_by_label("Plan", exact=True)).to_have_value(plan.upper())
        await expect(self.page.get_by_label("Begin", exact=True)).to_have_value("yes")
        await self.go_to_checkout()
        await self.page.get_by_role("button", name="Start the trial").click()
        await self.expect_begun(plan)

    async def save_card(self) -> None:
        """One of their own, from the page of their plan."""
        await self.page.get_by_role("button", name="Add or change the card").click()
        await self.pay("Save the card")
        saved = self.page.get_by_role("heading", name="The card is changed", exact=True)
        await expect(saved).to_be_visible()

    async def pay(self, button: str | re.Pattern[str], card: str | None = None) -> None:
        await self.page.get_by_label("Card number").fill(card or own_card(next(_NUMBERS)))
        await self.page.get_by_label("Expiry date").fill("12/34")
        await self.page.get_by_label("Security code").fill("123")
        await self.page.get_by_role("button", name=button).click()

    async def expect_begun(self, plan: str) -> None:
        heading = f"Your plan {plan} has begun"
        await expect(self.page.get_by_role("heading", name=heading)).to_be_visible()

    async def fact(self, term: str) -> str:
        """What stands beside a term of the list of facts."""
        terms = self.page.get_by_role("term").filter(has_text=re.compile(f"^{re.escape(term)}$"))
        return await terms.first.locator("xpath=following-sibling::dd[1]").inner_text()

    async def invoices(self) -> Locator:
        await self.visitor.go("/account/invoices")
        await expect(self.page.get_by_role("heading", name="Invoices", exact=True)).to_be_visible()
        listed = self.page.get_by_role("main").get_by_role("listitem")
        return listed.filter(has=self.page.get_by_role("heading", level=2))

    async def await_invoice(self, text: str) -> None:
        """Looks again until it is there: invoices follow by webhook."""
        async with asyncio.timeout(PATIENCE_MS / 1000):
            while not await (await self.invoices()).filter(has_text=text).count():
                await self.page.wait_for_load_state()

    async def require_pdf(self, invoice: Locator) -> None:
        """The file of one invoice of the list."""
        async with self.page.expect_download() as download:
            await invoice.get_by_role("link", name="PDF").click()
        file = await (await download.value).path()
        assert file.read_bytes().startswith(b"%PDF")

    async def mails(self, subject: str) -> Locator:
        """On the demo's page of mails: those to this person."""
        await self.visitor.go(f"/demo/mail?q={self.email}")
        return self.page.get_by_role("article").filter(
            has=self.page.get_by_role("heading", name=subject)
        )

    async def await_mail(self, subject: str) -> Locator:
        """Looks again until it is there."""
        async with asyncio.timeout(PATIENCE_MS / 1000):
            while not await (found := await self.mails(subject)).count():
                await self.page.wait_for_load_state()
        return found


async def sign_up(visitor: Visitor, name: str) -> Subscriber:
    """The demo verifies the address at once."""
    email = f"{name.lower()}@example.com"
    await visitor.go("/sign-up")
    page = visitor.page
    await page.get_by_label("Your name").fill(name)
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create my account").click()
    await expect(page.get_by_role("link", name="Account", exact=True).first).to_be_visible()
    return Subscriber(visitor, email)


async def let_pass(visitor: Visitor, duration: str) -> None:
    """Time of the product and of the sandbox, until all that was due has run."""
    folder = visitor.demo.folder
    moved = await asyncio.to_thread(run_chenu, folder, "sandbox", "advance", duration)
    assert moved.returncode == 0, moved.stderr
