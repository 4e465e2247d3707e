"""The page of plans by keyboard, with JavaScript and without."""

import pytest
from playwright.async_api import Browser

from tests.browser.visitor import MARKS, Visitor, open_visitor
from tests.demo.running import RunningDemo

pytestmark = MARKS


async def _tab_to(visitor: Visitor, selector: str) -> None:
    for _ in range(40):
        await visitor.page.keyboard.press("Tab")
        if await visitor.page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"{selector} takes no focus")


@pytest.mark.parametrize("javascript", [True, False], ids=["with script", "without script"])
async def test_the_interval_is_switched_by_keyboard(
    chromium: Browser, demo: RunningDemo, javascript: bool
) -> None:
    async with open_visitor(chromium, demo, javascript=javascript) as visitor:
        await visitor.go("/pricing")
        await _tab_to(visitor, "#pricing-interval a[href$=YEAR]")
        await visitor.page.keyboard.press("Enter")
        await visitor.page.wait_for_url("**/pricing?interval=YEAR")

        assert "290,00 €" in (await visitor.text()).replace("\xa0", " ")
        visitor.require_clean()


async def test_the_matrix_is_scrolled_by_keyboard_on_a_phone(
    chromium: Browser, demo: RunningDemo
) -> None:
    async with open_visitor(chromium, demo, width=360) as visitor:
        await visitor.go("/pricing")
        await _tab_to(visitor, ".matrix-box")
        for _ in range(20):
            await visitor.page.keyboard.press("ArrowRight")
        await visitor.page.wait_for_function(
            "() => document.querySelector('.matrix-box').scrollLeft > 0"
        )

        head = visitor.page.locator("#feature-threads th")
        box = await head.bounding_box()
        assert box is not None
        assert 0 <= box["x"] < 60  # the feature's name stays in view
