"""Becoming a creator, payouts, and the desk with its earnings and sales."""

import httpx
import pytest

from chenu.agents.rows import AgentRow
from chenu.billing import connect_accounts
from chenu.core import db
from chenu.flows.mirrors.connect_account import refresh_connect_state
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.people import Person, make_published_agent, pay
from tests.rows import count
from tests.storefront.browser import Browser
from tests.storefront.conftest import Fingerprint, OpenBrowser
from tests.storefront.test_purchases import order
from tests.storefront.visitors import make_reader, make_seller, make_unverified
from tests.stripe_side import open_stripe_side

INPUT = {"handle": "atelier-nord", "display_name": "Atelier Nord", "bio": "Nous.", "country": "fr"}

WRONG_INPUTS = [
    ("no handle", {"handle": ""}, "3 to 30 lower-case", "handle"),
    ("short handle", {"handle": "ab"}, "3 to 30 lower-case", "handle"),
    ("long handle", {"handle": "a" * 31}, "3 to 30 lower-case", "handle"),
    ("handle with a space", {"handle": "a b c"}, "3 to 30 lower-case", "handle"),
    ("handle with accents", {"handle": "été-bleu"}, "3 to 30 lower-case", "handle"),
    ("double hyphen", {"handle": "a--b"}, "3 to 30 lower-case", "handle"),
    ("hyphen at the end", {"handle": "abc-"}, "3 to 30 lower-case", "handle"),
    ("reserved", {"handle": "admin"}, "3 to 30 lower-case", "handle"),
    ("no name", {"display_name": ""}, "2 to 60 characters", "display_name"),
    ("long name", {"display_name": "x" * 61}, "2 to 60 characters", "display_name"),
    ("long text", {"bio": "x" * 1001}, "at most 1000 characters", "bio"),
    ("no country", {"country": ""}, "European Economic Area", "country"),
    ("another country", {"country": "us"}, "European Economic Area", "country"),
]


async def test_joining_makes_a_creator_who_is_led_to_stripe_and_back(
    browser: Browser, services: Services
) -> None:
    browser.become(await make_reader("maker"))
    page = await browser.open("/creator")
    desk = await browser.follow(await browser.submit(page, "/creator/join", INPUT))

    sent = await browser.get("/creator/onboarding")
    async with httpx.AsyncClient() as stripe:
        done = await stripe.post(sent.location, data={"complete": "complete"})
    back = await browser.open(done.headers["location"])
    again = await browser.get("/creator/onboarding")
    account = await browser.get("/creator/onboarding/account")

    assert "/creator/onboarding/account" not in desk.links()
    assert "/creator/onboarding/account" in back.links()
    assert account.location.startswith(f"{services.settings.stripe.api_base}/express/acct_")
    assert await count("audit_event", "action = 'creator.login_link'") == 1
    assert "Atelier Nord" in desk.words
    assert "/creator/onboarding" in desk.links()
    assert sent.location.startswith(str(services.settings.stripe.api_base))
    assert "Your payouts are ready" in back.words
    assert again.location == "/creator?notice=payouts-ready"


async def test_leaving_stripe_early_is_reported_honestly(browser: Browser) -> None:
    browser.become(await make_reader("maker"))
    page = await browser.open("/creator")
    await browser.submit(page, "/creator/join", INPUT)
    sent = await browser.get("/creator/onboarding")
    async with httpx.AsyncClient() as stripe:
        done = await stripe.post(sent.location, data={"action": "leave"})

    back = await browser.open(done.headers["location"])

    assert "Your payouts are ready" not in back.words
    assert "/creator/onboarding" in back.links()


async def test_whose_account_is_closed_reads_so_and_opens_another(
    browser: Browser, services: Services
) -> None:
    seller = await make_seller(services, "maker")
    agent = await make_published_agent(services, seller, price=900)
    account = await connect_accounts.find_of_user(seller.user_id)
    assert account is not None
    assert account.stripe_account_id is not None
    async with open_stripe_side(services) as stripe_side:
        await stripe_side.close_account(account.stripe_account_id)
    await refresh_connect_state(services.connect, account.stripe_account_id)

    browser.become(seller)
    desk = await browser.open("/creator")
    sent = await browser.get("/creator/onboarding")
    browser.become(await make_reader("buyer"))
    offer = await browser.open(f"/agents/{agent.slug}")

    assert "Your account at Stripe is closed. Open a new one" in desk.words
    assert "/creator/onboarding" in desk.links()
    assert sent.location.startswith(str(services.settings.stripe.api_base))
    assert "cannot be paid at the moment" in offer.words


@pytest.mark.parametrize(
    ("typed", "words", "field"), [r[1:] for r in WRONG_INPUTS], ids=[r[0] for r in WRONG_INPUTS]
)
async def test_a_creator_that_cannot_be_is_refused(
    browser: Browser, fingerprint: Fingerprint, typed: dict[str, str], words: str, field: str
) -> None:
    browser.become(await make_reader("maker"))
    page = await browser.get("/creator/join")
    before = await fingerprint()

    seen = await browser.submit(page, "/creator/join", {**INPUT, **typed})

    assert seen.status == 422
    assert words in seen.words
    assert f"#join-{field}" in seen.links()
    stored = dict(seen.form("/creator/join").fields)
    assert stored["display_name"] == {**INPUT, **typed}["display_name"]
    assert await fingerprint() == before


async def test_a_handle_belongs_to_one_creator(browser: Browser, services: Services) -> None:
    await make_seller(services)
    browser.become(await make_reader("maker"))
    page = await browser.get("/creator/join")

    seen = await browser.submit(page, "/creator/join", INPUT)

    assert seen.status == 409
    assert "Somebody uses this handle already" in seen.words


@pytest.mark.parametrize(
    ("tier", "words"),
    [(TierCode.FREE, "needs the Starter plan"), (TierCode.STARTER, "verify your e-mail address")],
    ids=["free plan", "unproved address"],
)
async def test_who_cannot_join_is_informed_what_would_help(
    browser: Browser, services: Services, tier: TierCode, words: str
) -> None:
    maker = make_reader("maker", tier) if tier is TierCode.FREE else make_unverified("maker")
    browser.become(await maker)

    seen = await browser.get("/creator/join")

    assert words in seen.words
    assert not seen.has_form("/creator/join")
    assert "/pricing" in seen.links() or "/account#address" in seen.links()


async def test_without_a_creator_every_page_of_the_desk_leads_to_joining(
    browser: Browser, services: Services
) -> None:
    browser.become(await make_reader("maker"))

    for path in (
        "/creator",
        "/creator/onboarding",
        "/creator/onboarding/account",
        "/creator/onboarding/return",
        "/creator/agents/new",
    ):
        assert (await browser.get(path)).location == "/creator/join", path


async def test_a_creator_need_not_join_again(browser: Browser, services: Services) -> None:
    browser.become(await make_seller(services))

    assert (await browser.get("/creator/join")).location == "/creator"


async def test_the_public_profile_changes(browser: Browser, services: Services) -> None:
    browser.become(await make_seller(services))
    page = await browser.get("/creator")
    typed = {"display_name": "Atelier du Nord", "bio": "One.\nTwo."}

    await browser.follow(await browser.submit(page, "/creator/profile", typed))
    public = await browser.get("/creators/atelier-nord")

    assert "Atelier du Nord" in public.words
    assert "One. Two." in public.words


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"display_name": "x"}, "2 to 60 characters"),
        ({"display_name": "a\x0bb"}, "one line of text"),
        ({"bio": "x" * 1001}, "at most 1000 characters"),
        ({"display_name": "\u3164\u3164"}, "visible characters"),
        ({"display_name": "\u2800 \u115f"}, "visible characters"),
        ({"display_name": "CHE·NU"}, "reserved for CHE·NU"),
        ({"display_name": "Équipe Chenu"}, "reserved for CHE·NU"),
        ({"bio": "Paid\u202egnp.exe"}, "reading direction"),
    ],
    ids=lambda value: ascii(value)[:50],
)
async def test_a_public_profile_that_cannot_be_is_refused(
    browser: Browser,
    services: Services,
    fingerprint: Fingerprint,
    typed: dict[str, str],
    words: str,
) -> None:
    browser.become(await make_seller(services))
    page = await browser.get("/creator")
    before = await fingerprint()

    seen = await browser.submit(page, "/creator/profile", typed)

    assert seen.status == 422
    assert words in seen.words
    assert await fingerprint() == before


async def test_the_desk_shows_each_sale_with_every_cent_and_no_buyer(
    open_browser: OpenBrowser, seller: Person, agent: AgentRow
) -> None:
    buyer = (await open_browser()).become(await make_reader("secretbuyer"))
    paid = await pay((await order(buyer, agent)).location)
    await buyer.get(paid.headers["location"])

    desk = await (await open_browser()).become(seller).get("/creator")

    assert "Your share, after refunds€7.00" in desk.words
    assert "Paid by buyers€9.99" in desk.words
    assert "Best day: €7.00" in desk.words
    [row] = [e.text for e in desk.page.find("tr") if agent.name in e.text]
    assert row.count("€9.99") == 1
    assert "€2.99" in row
    assert "€7.00" in row
    assert "secretbuyer" not in desk.response.text.lower()


async def test_a_desk_without_sales_says_what_comes(browser: Browser, seller: Person) -> None:
    seen = await browser.become(seller).get("/creator")

    assert "No sale yet" in seen.words
    assert "Make the first" in seen.words
    assert await db.fetch_value("SELECT count(*) FROM purchase") == 0
