"""The main job in a browser: a creator publishes, staff approves, a buyer buys and reads."""

import json
import re

import httpx
import pytest

from tests.api.programs import run_program
from tests.browser.visitor import MARKS, Visitor
from tests.waiting import until

pytestmark = MARKS

PROMPT = "Vous relisez un bail et signalez ce qui surprendrait un locataire."
MANIFEST = {
    "name": "Veilleur de baux",
    "model": "chenu-medium",
    "systemPrompt": PROMPT,
    "parameters": {"language": "fr"},
    "tools": ["files.read"],
    "permissions": ["files:read"],
}
PRICE, PRICE_SHOWN = "12,95", "12,95 €"
BACK = re.compile("revenir|back", re.IGNORECASE)


async def leave(visitor: Visitor) -> None:
    """Stripe's page has a way back."""
    await visitor.page.locator("a", has_text=BACK).first.click()


async def publish(visitor: Visitor, name: str) -> str:
    """A creator drafts and submits, a reviewer approves; the agent's slug."""
    await visitor.sign_in("creator")
    await visitor.go("/creator/agents/new")
    page = visitor.page
    await page.fill("#new-name", name)
    await page.fill("[name=tagline]", "Relit un bail avant que vous ne signiez.")
    description = "Il **relit** votre bail.\n\n- clauses\n- charges"
    await page.fill("textarea[name=description]", description)
    await page.fill("[name=capabilities]", "contracts, summaries")
    await page.select_option("[name=sphere]", "PERSONAL")
    await page.fill("[name=minutes]", "25")
    await page.select_option("[name=price_type]", "ONE_TIME")
    await page.fill("[name=price]", PRICE)
    await page.fill("[name=manifest]", json.dumps(MANIFEST, ensure_ascii=False))
    await page.locator("#new-name").press("Enter")  # saves, though a preview button comes first
    await page.wait_for_url(re.compile(r"/creator/agents/[0-9a-f-]{36}"))
    await visitor.press("form[action$='/submit'] button")
    await page.wait_for_load_state()
    await visitor.sign_out()
    await approve(visitor, name)
    await visitor.go(f"/agents?q={name}")
    link = page.get_by_role("link", name=name).first
    slug = (await link.get_attribute("href") or "").rpartition("/")[2]
    assert slug
    return slug


async def approve(visitor: Visitor, name: str) -> None:
    await visitor.sign_in("staff")
    await visitor.go("/staff")
    await visitor.page.get_by_role("link", name=name).first.click()
    await visitor.page.wait_for_url("**/staff/agents/**")
    assert PROMPT in await visitor.text()
    await visitor.page.locator("textarea[name=reason]").fill("Lu, essayé.")
    await visitor.page.locator("button[value=approve]").click()
    await visitor.page.wait_for_load_state()
    await visitor.sign_out()


async def test_creator_publishes_staff_approves_buyer_buys_and_reads(visitor: Visitor) -> None:
    slug = await publish(visitor, "Veilleur de baux")

    await visitor.sign_in("pro")
    await visitor.order(slug)
    assert PRICE_SHOWN in (await visitor.page.inner_text("body")).replace("\xa0", " ")
    await visitor.pay("4242 4242 4242 4242")
    await visitor.page.wait_for_url("**/purchases/**")
    await visitor.page.wait_for_selector(".state-paid")

    shown = (await visitor.text()).replace("\xa0", " ").replace("\u202f", " ")
    assert PRICE_SHOWN in shown
    assert "9,07 €" in shown  # the creator's 70 %, with the odd cent
    assert "3,88 €" in shown

    await visitor.go("/library")
    assert "Veilleur de baux" in await visitor.text()
    await visitor.go(f"/agents/{slug}/manifest")
    await visitor.page.locator("main form button").first.click()
    await visitor.page.wait_for_load_state()
    assert PROMPT in await visitor.text()

    async with httpx.AsyncClient() as http:
        mails = (await http.get(visitor.demo.ready["mail"], params={"q": "pro@"})).text
    assert "Veilleur de baux" in mails
    assert "rétractation" in mails


async def test_a_declined_card_says_so_and_charges_nothing(visitor: Visitor) -> None:
    await visitor.sign_in("starter")
    await visitor.order("trieur-de-factures")
    await visitor.pay("4000 0000 0000 0002")
    await visitor.page.wait_for_load_state()

    assert "/c/pay/" in visitor.page.url
    assert re.search(r"refusé|declined", await visitor.page.inner_text("body"))

    await leave(visitor)
    await visitor.page.wait_for_url("**/purchases/**")
    assert "refusée" in await visitor.heading()
    assert "Rien n’a été débité" in await visitor.text()


async def test_after_a_decline_another_card_succeeds(visitor: Visitor) -> None:
    await visitor.sign_in("business")
    await visitor.order("trieur-de-factures")
    await visitor.pay("4000000000000002")
    await visitor.page.wait_for_load_state()
    await visitor.pay("4242424242424242")
    await visitor.page.wait_for_url("**/purchases/**")

    await visitor.page.wait_for_selector(".state-paid")


@pytest.mark.parametrize(
    ("button", "slug"), [("complete", "relecteur-de-baux"), ("fail", "trieur-de-factures")]
)
async def test_a_3_d_secure_card_is_confirmed_or_not(
    visitor: Visitor, button: str, slug: str
) -> None:
    await visitor.sign_in("enterprise")
    await visitor.order(slug)
    await visitor.pay("4000 0027 6000 3184")
    await visitor.page.locator(f"button[value={button}], button[name={button}]").first.click()
    await visitor.page.wait_for_load_state()

    if button == "complete":
        await visitor.page.wait_for_url("**/purchases/**")
        await visitor.page.wait_for_selector(".state-paid")
    else:
        assert "/c/pay/" in visitor.page.url  # the page is still open for another card
        assert re.search(r"refus|confirm|authenti", await visitor.page.inner_text("body"))


async def test_an_abandoned_checkout_is_stored_and_can_be_dropped(visitor: Visitor) -> None:
    await visitor.sign_in("affiliate")
    await visitor.order("trieur-de-factures")
    await leave(visitor)
    await visitor.page.wait_for_url("**/purchases/**")
    assert "Pas encore payé" in await visitor.heading()

    await visitor.press("form[action$='/cancel'] button")
    await visitor.page.wait_for_load_state()

    assert "Rien n’a été acheté" in await visitor.heading()


async def test_the_whole_purchase_works_by_keyboard(visitor: Visitor) -> None:
    await visitor.sign_in("starter")
    await visitor.go("/agents/relecteur-de-baux")
    page = visitor.page
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.name") == "accept_immediate_supply":
            break
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.tagName") == "BUTTON"
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/c/pay/**")
    await page.focus("[name=card]")
    for value in ("4242424242424242", "12/34", "123", "A B"):
        await page.keyboard.type(value)
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/purchases/**")

    await page.wait_for_selector(".state-paid")


async def test_search_as_you_type_swaps_the_list_and_keeps_the_address(visitor: Visitor) -> None:
    await visitor.go("/agents")
    before = await visitor.page.locator(".card").count()

    await visitor.page.locator("[name=q]").press_sequentially("factur", delay=30)
    await visitor.page.wait_for_url(re.compile("q=factur"))
    await visitor.page.wait_for_function(
        "before => document.querySelectorAll('.card').length !== before", arg=before
    )

    assert "Trieur de factures" in await visitor.text()
    await visitor.page.reload()
    assert "Trieur de factures" in await visitor.text()
    assert await visitor.page.input_value("[name=q]") == "factur"


async def test_a_developer_copies_a_program_runs_it_and_sees_its_call(visitor: Visitor) -> None:
    await visitor.sign_in("enterprise")
    page, shown = visitor.page, visitor.page.locator("#own .tile").first.locator("dd")
    await visitor.go("/developers")
    before = int(re.sub(r"\D", "", await shown.inner_text()))
    program = await page.locator("#first-call-curl").inner_text()
    await page.locator("#begin a[href='/account#api-keys']").click()
    await page.fill("form[action='/account/api-keys'] [name=name]", "Premier essai")
    await page.check("#scope-READ")
    await visitor.press("form[action='/account/api-keys'] button")
    secret = await page.locator(".secret code").inner_text()

    ran = await run_program(program, "curl", secret)

    assert json.loads(ran.out)["data"]["viewer"]["displayName"]

    async def is_on_the_chart() -> bool:
        await visitor.go("/developers")
        rows = page.locator("#own figure tbody tr")
        return await rows.count() > 0 and await shown.inner_text() == str(before + 1)

    await until(is_on_the_chart)
    assert await page.locator("#own svg rect").count() >= 1
