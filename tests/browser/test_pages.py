"""Every page, light and dark, at three widths: axe finds nothing, nothing sticks out."""

import pytest
from playwright.async_api import Browser

from tests.browser.visitor import MARKS, Scheme, Visitor, open_visitor
from tests.demo.running import RunningDemo

pytestmark = MARKS

PUBLIC = (
    "/",
    "/agents",
    "/agents?q=facture&sphere=BUSINESS&sort=PRICE_ASC",
    "/agents?q=zzzzqqqq",
    "/agents/trieur-de-factures",
    "/creators/atelier-nord",
    "/pricing",
    "/sign-in",
    "/sign-up",
    "/password/forgot",
    "/terms",
    "/privacy",
    "/imprint",
    "/no-such-page",
)
SIGNED_IN = {
    "pro": ("/account", "/library", "/agents/trieur-de-factures", "/creator/join"),
    "creator": ("/creator", "/creator/agents/new"),
    "staff": ("/staff",),
}
WIDTHS = (360, 768, 1440)
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_public_pages_have_no_accessibility_fault(
    browser: Browser, demo: RunningDemo, width: int, scheme: Scheme
) -> None:
    async with open_visitor(browser, demo, width=width, scheme=scheme) as visitor:
        faults = await _faults(visitor, PUBLIC)
        visitor.require_clean()

    assert faults == {}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_private_pages_have_no_accessibility_fault(
    browser: Browser, demo: RunningDemo, width: int, scheme: Scheme
) -> None:
    faults: dict[str, list[str]] = {}
    for role, paths in SIGNED_IN.items():
        async with open_visitor(browser, demo, width=width, scheme=scheme) as visitor:
            await visitor.sign_in(role)
            if role == "creator":
                paths = (*paths, await _an_agent_of_the_creator(visitor))
            faults |= await _faults(visitor, paths)
            visitor.require_clean()

    assert faults == {}


async def test_the_demos_own_pages_have_no_accessibility_fault(
    browser: Browser, demo: RunningDemo
) -> None:
    async with open_visitor(browser, demo, width=360) as visitor:
        faults = await _faults(visitor, ("/demo/mail",))
        await visitor.page.goto(f"{demo.ready['sandbox']}/_sandbox")
        found = await visitor.accessibility_faults()

    assert (faults, found) == ({}, [])


@pytest.mark.parametrize("locale", ["fr-FR", "en-GB"])
async def test_a_visitor_reads_in_their_language(
    browser: Browser, demo: RunningDemo, locale: str
) -> None:
    async with open_visitor(browser, demo, locale=locale) as visitor:
        await visitor.go("/")

        assert await visitor.page.get_attribute("html", "lang") == locale[:2]


async def _an_agent_of_the_creator(visitor: Visitor) -> str:
    await visitor.go("/creator")
    link = visitor.page.locator("a[href^='/creator/agents/']:not([href$='/new'])").first
    return await link.get_attribute("href") or ""


async def _faults(visitor: Visitor, paths: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in paths:
        await visitor.go(path)
        faults = await visitor.accessibility_faults()
        wide = await visitor.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if wide > 0:
            faults.append(f"{wide} px stick out")
        if faults:
            found[path] = faults
    return found
