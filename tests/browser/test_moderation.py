"""A suspension in Chromium: staff take an agent off sale, its creator reads why and appeals."""

from tests.browser.visitor import MARKS, Visitor

pytestmark = MARKS

OWN = ":is(li, tr, article):has(.pill-published) a[href^='/creator/agents/']"


async def test_a_suspension_is_read_appealed_against_and_ended(visitor: Visitor) -> None:
    await visitor.sign_in("creator")
    await visitor.go("/creator")
    editor = await visitor.page.locator(OWN).first.get_attribute("href")
    assert editor is not None
    desk = editor.replace("/creator/", "/staff/")

    await _suspend(visitor, desk)
    await _appeal(visitor, editor)
    await _change(visitor, "staff")
    await visitor.go("/staff/appeals")
    assert await visitor.page.locator("li .note").count() == 1
    await _require_accessible(visitor)

    await visitor.go(desk)
    await visitor.page.fill("#reinstate-reason", "It was mended.")
    await visitor.press(f"form[action='{desk}/reinstate'] button")
    await visitor.page.wait_for_selector(f"form[action='{desk}/suspend']", state="attached")


async def _suspend(visitor: Visitor, desk: str) -> None:
    await _change(visitor, "staff")
    await visitor.go(desk)
    await visitor.press(f"details:has(form[action='{desk}/suspend']) summary")
    await _require_accessible(visitor)
    await visitor.page.select_option("#suspend-ground", "SECURITY")
    await visitor.page.fill("#suspend-reason", "It sends files to a stranger.")
    await visitor.press(f"form[action='{desk}/suspend'] button")
    await visitor.page.wait_for_selector(f"form[action='{desk}/reinstate']")
    await _require_accessible(visitor)


async def _appeal(visitor: Visitor, editor: str) -> None:
    await _change(visitor, "creator")
    await visitor.go(editor)
    await _require_accessible(visitor)
    await visitor.press("a[href^='/decisions/']")
    await visitor.page.fill("#appeal-body", "It does not.")
    await _require_accessible(visitor)
    await visitor.press("form[action$='/appeal'] button")
    await visitor.page.wait_for_selector("#appeal-body", state="detached")
    await _require_accessible(visitor)


async def _change(visitor: Visitor, role: str) -> None:
    await visitor.sign_out()
    await visitor.sign_in(role)


async def _require_accessible(visitor: Visitor) -> None:
    assert await visitor.accessibility_faults() == []
