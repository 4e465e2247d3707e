"""The support desk sees a customer's pages in a browser: the banner reads well and leads out."""

from playwright.async_api import expect

from tests.browser.visitor import MARKS, Visitor

pytestmark = MARKS


async def test_the_banner_is_read_and_left_by_the_keyboard(visitor: Visitor) -> None:
    email, _ = visitor.demo.password("downgrade")
    await visitor.sign_in("staff")
    await visitor.go(f"/staff/customers?q={email}")
    customer = visitor.page.url
    await visitor.press("main a[href$='/impersonate']")
    await visitor.page.fill("textarea[name=reason]", "Une facture manque.")
    await visitor.press("main form[action$='/impersonate'] button")
    await visitor.page.wait_for_url("**/account")
    banner = visitor.page.get_by_role("region", name="Vous voyez les pages d’un client")

    for width in (360, 1440):
        await visitor.look("dark", width)
        await expect(banner).to_contain_text("Salomé Petit voit les pages de Lina Berger")
        assert await visitor.accessibility_faults() == []
    await visitor.go("/account/security")
    refused = await visitor.heading()
    await banner.get_by_role("button").focus()
    await visitor.page.keyboard.press("Enter")
    await visitor.page.wait_for_url(customer)

    assert refused == "Ceci ne vous est pas ouvert"
    assert await banner.count() == 0
