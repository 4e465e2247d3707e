"""A person with a browser who signs in, fills forms and pays; browser errors are collected."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Request

from chenu.demo.brand import HOST as BRANDED
from tests.demo.running import RunningDemo

AXE = Path(__file__).parents[2] / "storefront" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

MARKS = [pytest.mark.browser, pytest.mark.engines, pytest.mark.timeout(300)]
PATIENCE_MS = 10_000

_SETTLED = "document.getAnimations().forEach(each => each.finish())"
"""Waiting would have no end: what is inside closed details does not move on."""
_OF_COLOURS = """
    tags => axe.getRules(tags).filter(rule => rule.tags.includes("cat.color"))
        .map(rule => rule.ruleId)
"""

Scheme = Literal["light", "dark"]


@dataclass
class Visitor:
    demo: RunningDemo
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    async def go(self, path: str) -> int:
        """The status of the answer."""
        answer = await self.page.goto(f"{self.demo.url}{path}")
        assert answer is not None
        return answer.status

    async def sign_in(self, role: str) -> None:
        email, password = self.demo.password(role)
        await self.go("/sign-in")
        await self.page.fill("[name=email]", email)
        await self.page.fill("[name=password]", password)
        await self.press("form[action='/sign-in'] button")
        await self.page.wait_for_selector("header a[href='/account']")

    async def sign_out(self) -> None:
        await self.context.clear_cookies()

    async def press(self, selector: str) -> None:
        await self.page.locator(selector).first.click()

    async def order(self, slug: str) -> None:
        """From the agent's page to Stripe's, with the consent box ticked."""
        assert await self.go(f"/agents/{slug}") == 200
        await self.page.check("[name=accept_immediate_supply]")
        await self.press(f"form[action='/agents/{slug}/buy'] button")
        await self.page.wait_for_url("**/c/pay/**")

    async def pay(self, card: str) -> None:
        for name, value in (("card", card), ("exp", "12/34"), ("cvc", "123"), ("name", "A B")):
            await self.page.fill(f"[name={name}]", value)
        await self.page.locator("form:has([name=card]) button").first.click()

    async def text(self) -> str:
        return await self.page.inner_text("main")

    async def heading(self) -> str:
        return await self.page.inner_text("h1")

    async def look(self, scheme: Scheme, width: int) -> None:
        """The same page with another colour scheme and width, at the end of its animations."""
        await self.page.emulate_media(color_scheme=scheme)
        await self.page.set_viewport_size({"width": width, "height": 900})
        await self.page.evaluate(_SETTLED)

    async def accessibility_faults(self, *, of_colours: bool = False) -> list[str]:
        """axe's violations on the current page: rule and element."""
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(AXE.read_text())
        rules = {"type": "tag", "values": RULES}
        if of_colours:
            rules = {"type": "rule", "values": await self.page.evaluate(_OF_COLOURS, RULES)}
        options = {"runOnly": rules, "resultTypes": ["violations"]}
        found: dict[str, Any] = await self.page.evaluate("options => axe.run(options)", options)
        return [
            f"{violation['id']}: {node['target'][0]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    def require_clean(self) -> None:
        assert self.complaints == []


@asynccontextmanager
async def open_visitor(
    browser: Browser,
    demo: RunningDemo,
    *,
    width: int = 1440,
    scheme: Scheme = "light",
    javascript: bool = True,
    locale: str = "fr-FR",
) -> AsyncIterator[Visitor]:
    context = await browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        java_script_enabled=javascript,
        locale=locale,
    )
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    visitor = Visitor(demo, context, page)
    ours = urlsplit(demo.url)
    allowed = {ours.netloc, urlsplit(demo.ready["sandbox"]).netloc, f"{BRANDED}:{ours.port}"}

    def on_request(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme.startswith("http") and parts.netloc not in allowed:
            visitor.complaints.append(f"third party: {request.url}")

    page.on("request", on_request)
    page.on("pageerror", lambda error: visitor.complaints.append(f"script: {error}"))
    page.on(
        "console",
        lambda message: (
            visitor.complaints.append(f"console: {message.text}")
            if "Content Security Policy" in message.text
            else None
        ),
    )
    try:
        yield visitor
    finally:
        await context.close()
