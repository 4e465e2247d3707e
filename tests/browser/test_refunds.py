"""Agents given back in a browser: by the buyer from the library, and what its creator sees."""

from tests.browser.visitor import MARKS, Visitor

pytestmark = MARKS


async def test_a_buyer_gives_an_agent_back_from_the_library(visitor: Visitor) -> None:
    await visitor.sign_in("affiliate")
    await visitor.order("muse")
    await visitor.pay("4242 4242 4242 4242")
    await visitor.page.wait_for_url("**/purchases/**")
    await visitor.page.wait_for_selector(".state-paid")

    await visitor.go("/library")
    await visitor.press("main a[href$='/refund']")
    await visitor.page.wait_for_url("**/refund")
    assert await visitor.accessibility_faults() == []
    await visitor.press("form[action$='/refund'] button")
    await visitor.page.wait_for_url("**notice=own-refund-settled")

    assert "Votre argent est en route" in await visitor.page.inner_text("body")
    await visitor.go("/library")
    assert await visitor.page.locator("main a[href$='/refund']").count() == 0


async def test_a_creator_sees_a_refund_before_it_is_made(visitor: Visitor) -> None:
    await visitor.sign_in("creator")
    await visitor.go("/creator")
    await _open_refundable(visitor)
    assert await visitor.accessibility_faults() == []

    await visitor.page.fill("[name=amount]", "1,00")
    await visitor.page.fill("[name=reason]", "Une réponse tardive.")
    await visitor.press("form[action$='/refund'] button")
    await visitor.page.wait_for_selector("#plan-title")

    assert await visitor.accessibility_faults() == []
    assert "1,00" in await visitor.page.locator("section[aria-labelledby=plan-title]").inner_text()


async def _open_refundable(visitor: Visitor) -> None:
    """Of what was in dispute nothing is returned."""
    rows = visitor.page.locator("tr:has(.pill-paid) a[href^='/creator/sales/']")
    paths = [await row.get_attribute("href") for row in await rows.all()]
    for path in paths:
        await visitor.go(str(path))
        if await visitor.page.locator("[name=amount]").count():
            return
    raise AssertionError(f"nothing to return among {paths}")
