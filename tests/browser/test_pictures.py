"""A creator uploads a screenshot, a reviewer approves it, and buyers see it."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.visitor import MARKS, Visitor, open_visitor
from tests.demo.running import RunningDemo
from tests.media.drawn import png

pytestmark = MARKS

NAME, SLUG = "Carnet d’atelier", "carnet-d-atelier"
ALT = "La journée notée en deux minutes"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "screen.png"
    path.write_bytes(png(1800, 1200))
    return path


async def upload(visitor: Visitor, file: Path) -> None:
    """By the labels that people read and by keyboard; the editor needs no script for it."""
    await visitor.sign_in("creator")
    await visitor.go("/creator")
    await visitor.page.locator("a[href^='/creator/agents/']", has_text=NAME).first.click()
    form = visitor.page.locator("form[action$='/screenshots']")
    await form.get_by_label("Une capture d’écran").set_input_files(file)
    await form.get_by_label("Ce qu’elle montre").fill(ALT)
    await form.get_by_role("button", name="Envoyer").focus()
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.locator("#pictures").get_by_role("img", name=ALT)).to_be_visible()


async def approve(visitor: Visitor) -> None:
    await visitor.sign_in("staff")
    await visitor.go("/staff")
    await visitor.page.get_by_role("link", name=NAME).first.click()
    await require_shown(visitor.page.get_by_role("img", name=ALT))
    assert await visitor.accessibility_faults() == []
    await visitor.page.locator("#decide-reason").fill("Vue.")
    await visitor.page.locator("button[value=approve]").click()
    await visitor.page.wait_for_load_state()


async def require_shown(picture: Locator) -> None:
    """It is there, and its file was loaded."""
    await picture.scroll_into_view_if_needed()
    await expect(picture).to_have_js_property("complete", value=True)
    assert await picture.evaluate("image => image.naturalWidth") > 0


async def test_a_screenshot_is_uploaded_approved_and_seen(
    chromium: Browser, demo: RunningDemo, visitor: Visitor, file: Path
) -> None:
    async with open_visitor(chromium, demo, javascript=False) as creator:
        await upload(creator, file)
    await visitor.go(f"/agents/{SLUG}")
    before = await visitor.page.get_by_role("img", name=ALT).count()
    await approve(visitor)
    await visitor.sign_out()

    await visitor.go(f"/agents/{SLUG}")
    shown = visitor.page.get_by_role("link", name=ALT).get_by_role("img")
    await require_shown(shown)
    faults = await visitor.accessibility_faults()
    path = await visitor.page.get_by_role("link", name=ALT).get_attribute("href")
    large = await visitor.page.request.get(f"{demo.url}{path}")

    assert before == 0
    assert faults == []
    assert (large.status, large.headers["content-type"]) == (200, "image/webp")
    assert await shown.get_attribute("alt") == ALT
    assert re.search(r"-large\.webp 1600w", await shown.get_attribute("srcset") or "")


async def test_the_demo_shows_pictures_on_cards_and_pages(visitor: Visitor) -> None:
    await visitor.go("/agents?q=trieur")
    icon = visitor.page.locator(".card img").first
    await require_shown(icon)

    await visitor.go("/agents/trieur-de-factures")

    screens = visitor.page.locator(".shots img")
    assert await screens.count() == 2
    await require_shown(screens.last)
