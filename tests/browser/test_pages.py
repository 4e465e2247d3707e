"""Every page, light and dark, narrow and wide: axe finds nothing, nothing sticks out."""

import asyncio
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, expect

from chenu.demo.brand import HOST as BRANDED
from tests.browser.visitor import MARKS, Scheme, Visitor, open_visitor
from tests.demo.rows import rows_of
from tests.demo.running import RunningDemo

pytestmark = MARKS

PUBLIC = (
    "/",
    "/agents",
    "/agents?q=facture&sphere=BUSINESS&sort=PRICE_ASC",
    "/agents?q=zzzzqqqq",
    "/agents/trieur-de-factures",
    "/agents/trieur-de-factures/reviews",
    "/agents/trieur-de-factures/versions",
    "/agents/trieur-de-factures/api",
    "/creators/atelier-nord",
    "/pricing",
    "/pricing?interval=YEAR",
    "/developers",
    "/sign-in",
    "/sign-up",
    "/sign-up?tier=PRO&interval=YEAR",
    "/password/forgot",
    "/email/cancel?token=x",
    "/invitation?token=x",
    "/mail/unsubscribe?token=x",
    "/support",
    "/enterprise",
    "/affiliates",
    "/account/withdraw",
    "/terms",
    "/privacy",
    "/imprint",
    "/status",
    "/no-such-page",
)
SIGNED_IN = {
    "pro": (
        "/pricing",
        "/account",
        "/account/mail",
        "/account/members",
        "/account/security",
        "/account/token-limits",
        "/account/webhooks",
        "/account/plan",
        "/account/api-plan",
        "/account/api-plan/change",
        "/account/plan/change",
        "/account/plan/change?tier=BUSINESS&interval=MONTH",
        "/account/plan/change?tier=STARTER&interval=MONTH",
        "/account/invoices",
        "/account/billing",
        "/account/privacy",
        "/account/withdraw",
        "/tokens",
        "/tokens/statement",
        "/tokens/packs/pack_1k",
        "/support",
        "/library",
        "/library?shelf=away",
        "/roi",
        "/roi?period=YEAR",
        "/roi/how",
        "/agents/trieur-de-factures",
        "/agents/trieur-de-factures/reviews",
        "/agents/trieur-de-factures/report",
        "/creator/join",
    ),
    "creator": (
        "/creator",
        "/creator/earnings",
        "/creator/legal",
        "/creator/agents/new",
        "/creator/disputes",
    ),
    "affiliate": ("/affiliate", "/affiliate?address=elsewhere&chart=month"),
    "business": ("/account/members", "/account/token-limits", "/roi"),
    "free": ("/account/plan", "/account/invoices", "/developers"),
    "enterprise": (
        "/account/plan",
        "/account/brand",
        "/account/sla",
        "/account/sign-in",
        "/tokens",
        "/developers",
        "/sign-in/again/done",
    ),
    "trial": (
        "/account/plan",
        "/account/plan/change?tier=BUSINESS&interval=YEAR",
        "/agents/devis-de-chantier",
    ),
    "past-due": ("/account/plan", "/account/invoices"),
    "downgrade": ("/account/plan",),
    "leaving": ("/account/plan", "/tokens"),
    "left": ("/account/plan", "/tokens"),
    "staff": (
        "/staff",
        "/staff/support",
        "/staff/customers",
        "/staff/incidents",
        "/staff/refunds",
        "/staff/disputes",
        "/staff/withdrawals",
        "/staff/inquiries",
        "/staff/revenue",
        "/staff/revenue?months=24",
        "/staff/revenue/rows/arpu",
        "/staff/revenue/costs",
        "/staff/coupons",
        "/staff/affiliates",
        "/staff/affiliates/payouts",
        "/staff/featured",
        "/staff/appeals",
        "/staff/reports",
        "/staff/statements",
        "/staff/books",
        "/staff/audit",
        "/staff/payments",
        "/staff/payments?state=FAILED",
        "/staff/payments/events",
        "/staff/payments/jobs",
        "/staff/payments/mails",
        "/staff/payments/tasks/purge",
        "/staff/tables",
        "/staff/tables/subscription",
        "/staff/mails",
        "/staff/mails/sale",
    ),
}
_GIVE_OLDER = """
    WITH one AS (SELECT * FROM agent WHERE kind = 'MARKETPLACE' AND status = 'PUBLISHED'
            AND current_version IS NOT NULL ORDER BY slug DESC LIMIT 1),
        older AS (INSERT INTO agent_version
            (id, agent, number, status, changelog, manifest, created_at)
            SELECT '00000000-0000-7000-8000-000000000001', one.id, '0.1.0', 'PUBLISHED', '',
                '{{"permissions": ["bank:read"]}}', now() FROM one RETURNING id, agent),
        counted AS (UPDATE agent SET installs = installs + 1 WHERE id IN (SELECT id FROM one))
    INSERT INTO access_grant (id, account, agent, version, source, starts_at)
    SELECT gen_random_uuid(), a.id, older.agent, older.id, 'GIFT', now()
    FROM older, account a JOIN app_user u ON u.id = a.owner
    WHERE u.email = '{email}' AND a.kind = 'PERSONAL' RETURNING id
"""
_FAIL_PAYOUT = """
    INSERT INTO affiliate_payout (id, affiliate, month, amount, status, failure_reason, created_at)
    SELECT gen_random_uuid(), a.id, date '2026-01-01', 5000, 'FAILED', 'account_closed', now()
    FROM affiliate a JOIN app_user u ON u.id = a.member WHERE u.email = '{email}'
    RETURNING affiliate
"""
WIDTHS = (360, 768, 1440)
_EXAMINED = (360, 1440)
"""With axe: what a narrow or a wide page has, one between them has too."""


@pytest.mark.parametrize("path", PUBLIC)
async def test_public_pages_have_no_accessibility_fault(visitor: Visitor, path: str) -> None:
    await visitor.go(path)

    assert await _faults(visitor, dark=_EXAMINED) == {}


@pytest.mark.parametrize("path", ["/", "/agents", "/agents/trieur-de-factures", "/sign-in"])
async def test_pages_of_a_brand_have_no_accessibility_fault(visitor: Visitor, path: str) -> None:
    port = urlsplit(visitor.demo.url).port
    await visitor.page.goto(f"http://{BRANDED}:{port}{path}")

    assert "Méridian" in await visitor.page.inner_text("header")
    assert await _faults(visitor) == {}


@pytest.mark.parametrize("role", SIGNED_IN)
async def test_private_pages_have_no_accessibility_fault(visitor: Visitor, role: str) -> None:
    await visitor.sign_in(role)
    paths = list(SIGNED_IN[role])
    if role == "creator":
        paths.append(await _an_agent_of_the_creator(visitor))
    if role == "affiliate":
        await _join_programme(visitor)
    if role == "pro":
        order = await _a_pack_order(visitor)
        paths += [order, f"{order}/refund", await _an_update(visitor)]
    if role == "staff":
        account = await _an_account(visitor)
        paths += [account, f"{account}/contracts", f"{account}/invoices"]
        paths.append(f"{account}/impersonate")
        paths += ["/staff/customers?q=a", f"{account}?kind=PAYMENT"]
        for tab in ("operations", "events", "mails"):
            paths.append(await _first_in(visitor, tab))
        paths.append(await _an_invoice(visitor, f"{account}/invoices"))
        paths.append(await _first_link(visitor, "/staff/support"))
        paths.append(await _an_affiliate(visitor))
        paths.append(await _a_withdrawal_statement(visitor))

    wrong = {}
    for path in paths:
        assert (path, await visitor.go(path)) == (path, 422 if "elsewhere" in path else 200)
        if faults := await _faults(visitor):
            wrong[path] = faults

    assert wrong == {}


async def test_the_demos_own_pages_have_no_accessibility_fault(visitor: Visitor) -> None:
    await visitor.go("/demo/mail")
    assert await _faults(visitor) == {}

    await visitor.page.goto(f"{visitor.demo.ready['sandbox']}/_sandbox")
    assert await _faults(visitor) == {}


async def test_too_little_contrast_is_a_fault_in_the_dark(visitor: Visitor) -> None:
    await visitor.go("/sign-in")
    await visitor.look("dark", 1440)
    await visitor.page.evaluate("document.querySelector('h1').style.color = '#2a2b2e'")

    faults = await visitor.accessibility_faults(of_colours=True)

    assert [fault.partition(":")[0] for fault in faults] == ["color-contrast"]


@pytest.mark.parametrize("locale", ["fr-FR", "en-GB"])
async def test_a_visitor_reads_in_their_language(
    chromium: Browser, demo: RunningDemo, locale: str
) -> None:
    async with open_visitor(chromium, demo, locale=locale) as visitor:
        await visitor.go("/")

        assert await visitor.page.get_attribute("html", "lang") == locale[:2]


async def test_a_live_search_updates_the_title_of_the_page(visitor: Visitor) -> None:
    await visitor.go("/agents")

    await visitor.page.locator("#search-q").press_sequentially("facture")

    await expect(visitor.page).to_have_title(re.compile("facture"))
    assert "q=facture" in visitor.page.url


async def _join_programme(visitor: Visitor) -> None:
    await visitor.go("/affiliates")
    if await visitor.page.locator("form[action='/affiliates/join']").count():
        await visitor.press("form[action='/affiliates/join'] button")
        await visitor.page.wait_for_url("**notice=affiliate-joined")


async def _an_agent_of_the_creator(visitor: Visitor) -> str:
    await visitor.go("/creator")
    link = visitor.page.locator("a[href^='/creator/agents/']:not([href$='/new'])").first
    return await link.get_attribute("href") or ""


async def _an_update(visitor: Visitor) -> str:
    """Of an agent that they have in a version which came before the one on sale."""
    email, _ = visitor.demo.password("pro")
    rows = await asyncio.to_thread(rows_of, visitor.demo, _GIVE_OLDER.format(email=email))
    return f"/library/{rows[0][0]}/update"


async def _first_in(visitor: Visitor, tab: str) -> str:
    """The page of the newest of a list of /staff/payments."""
    await visitor.go(f"/staff/payments{'' if tab == 'operations' else f'/{tab}'}")
    link = visitor.page.locator(f"th a[href^='/staff/payments/{tab}/']").first
    return await link.get_attribute("href") or ""


async def _an_account(visitor: Visitor) -> str:
    email, _ = visitor.demo.password("pro")
    await visitor.go(f"/staff/customers?q={email}")
    return urlsplit(visitor.page.url).path


async def _an_affiliate(visitor: Visitor) -> str:
    """With clicks, customers, a commission, and a payout that failed."""
    email, _ = visitor.demo.password("affiliate")
    rows = await asyncio.to_thread(rows_of, visitor.demo, _FAIL_PAYOUT.format(email=email))
    return f"/staff/affiliates/{rows[0][0]}"


async def _a_pack_order(visitor: Visitor) -> str:
    """Bought now: its page and that of its refund are for whoever owns it."""
    await visitor.go("/tokens/packs/pack_1k")
    await visitor.press("form[action='/tokens/packs/pack_1k/buy'] button")
    await visitor.page.wait_for_url("**/c/pay/**")
    await visitor.pay("4242 4242 4242 4242")
    await visitor.page.wait_for_url("**/tokens/orders/*")
    return urlsplit(visitor.page.url).path


async def _a_withdrawal_statement(visitor: Visitor) -> str:
    """Sent now by somebody who is not signed in, about a contract that is not known."""
    await visitor.sign_out()
    await visitor.go("/account/withdraw")
    for name, value in (("name", "Zoé"), ("contract", "F-1"), ("email", "zoe@example.org")):
        await visitor.page.fill(f"[name={name}]", value)
    await visitor.press("form[action='/account/withdraw'] button")
    await visitor.press("form[action='/account/withdraw/confirm'] button")
    await visitor.page.wait_for_url("**notice=withdrawn*")
    await visitor.sign_in("staff")
    return await _first_link(visitor, "/staff/withdrawals")


async def _first_link(visitor: Visitor, queue: str) -> str:
    """To the page of one, from the page that lists them."""
    await visitor.go(queue)
    link = visitor.page.locator(f"main a[href^='{queue}/']").first
    return await link.get_attribute("href") or ""


async def _an_invoice(visitor: Visitor, invoices: str) -> str:
    await visitor.go(invoices)
    link = visitor.page.locator("a[href^='/staff/invoices/']").first
    return await link.get_attribute("href") or ""


async def _faults(
    visitor: Visitor, dark: Sequence[int] = (1440,)
) -> dict[tuple[Scheme, int], list[str]]:
    """Of the page as it stands, by scheme and width: only styles ask for them.

    The dark scheme has other colours and nothing else: tests/storefront/test_files.py. The frame
    of all pages is looked at narrow in the `dark` on those of everybody.
    """
    found: dict[tuple[Scheme, int], list[str]] = {}
    for width in WIDTHS:
        await visitor.look("light", width)
        found["light", width] = await _what_sticks_out(visitor)
        if width in _EXAMINED:
            found["light", width] += await visitor.accessibility_faults()
    for width in dark:
        await visitor.look("dark", width)
        found["dark", width] = await visitor.accessibility_faults(of_colours=True)
    return {look: faults for look, faults in found.items() if faults}


async def _what_sticks_out(visitor: Visitor) -> list[str]:
    wide = await visitor.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return [f"{wide} px stick out"] if wide > 0 else []
