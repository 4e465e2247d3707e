"""What an affiliate is shown: numbers, arithmetic, links, and how they are paid."""

import io
from urllib.parse import urlencode

import httpx
import pytest
from msgspec.structs import replace
from PIL import Image

from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.model import CommissionKind, CommissionStatus, PayoutStatus
from chenu.billing import connect_accounts
from chenu.core.clock import business_now
from chenu.core.money import Cents
from chenu.core.months import month_of
from chenu.flows.services import Services
from storefront.routes import affiliate as affiliate_route
from tests.affiliates.bound import bind, make_affiliate
from tests.affiliates.shown import bring_customers, put_clicks, put_commission, put_payout
from tests.api.calls import counted_statements
from tests.people import Person, make_person
from tests.roi.paid import account_of, pay_plan
from tests.rows import count, put
from tests.storefront.browser import Browser
from tests.storefront.test_tokens import csv_of, squeeze
from tests.storefront.visitors import make_reader

PAGE = "/affiliate"
CUSTOMERS = ("bob", "cid", "dan", "eve", "fay", "gus")


@pytest.fixture
async def ada(services: Services, browser: Browser) -> Person:
    """Signed in, an affiliate, and English."""
    person = await make_reader("ada")
    browser.become(person)
    return person


@pytest.fixture
async def affiliate(ada: Person) -> AffiliateRow:
    return await make_affiliate(ada)


async def test_who_has_not_joined_is_led_to_the_programme(browser: Browser, ada: Person) -> None:
    assert (await browser.get(PAGE)).location == "/affiliates"


async def test_the_numbers_stand_on_the_page(browser: Browser, affiliate: AffiliateRow) -> None:
    await put_clicks(affiliate, 8)
    await bring_customers(affiliate, CUSTOMERS[:2])

    seen = squeeze((await browser.get(PAGE)).words)

    assert squeeze("Waits 30 days €19.80") in seen
    assert squeeze("Clicks 8 Sign-ups 2 Paying customers 2 25% of clicks") in seen
    assert squeeze("Due so far €0.00 Missing to €50.00 €50.00") in seen
    assert squeeze("Clicks: 8.") in seen
    run = month_of(business_now()).next().first_day
    assert squeeze(f"Day of the run {run:%B} {run.day}, {run.year}") in seen


async def test_a_commission_shows_its_arithmetic(browser: Browser, affiliate: AffiliateRow) -> None:
    await bring_customers(affiliate, ("bob",), paid=12000, tax=2000)

    words = squeeze((await browser.get(PAGE)).words)

    assert squeeze("Invoice CHENU-0001 Invoiced, with VAT €120.00 Paid €120.00") in words
    assert squeeze("VAT in it −€20.00 Base €100.00 Commission (10%) €10.00") in words


async def test_what_a_credit_paid_and_a_clawback_are_said(
    browser: Browser, affiliate: AffiliateRow
) -> None:
    person = await make_person("bob")
    referral = await bind(person, affiliate)
    invoice = await pay_plan(account_of(person), 9900)
    part = replace(invoice, amount_paid=Cents(6600))
    paid = await put_commission(referral, part, status=CommissionStatus.DUE)
    for cause in ("refund:1", "dispute:1"):
        kind = CommissionKind.CLAWBACK
        await put_commission(referral, part, amount=-100, kind=kind, cause=cause)

    words = squeeze((await browser.get(PAGE)).words)

    assert squeeze("Invoiced, with VAT €99.00") in words
    assert squeeze("Not paid in money, but out of a credit −€33.00 Paid €66.00") in words
    assert squeeze("The customer got money back.") in words
    assert squeeze("The customer’s bank took the payment back.") in words
    assert squeeze("Clawback −€1.00") in words
    assert paid.amount == 660


async def test_a_year_is_drawn_by_months(browser: Browser, affiliate: AffiliateRow) -> None:
    for days_ago, clicks in ((0, 3), (40, 5), (500, 7)):
        await put_clicks(affiliate, clicks, days_ago)

    days, months = [await browser.get(f"{PAGE}{query}") for query in ("", "?chart=month")]

    assert "Clicks: 3." in days.words
    assert "Clicks: 8. Most in a month: 5." in months.words
    assert len(months.page.find("rect")) == 2


async def test_the_page_takes_the_same_statements_for_two_and_for_six_customers(
    browser: Browser, affiliate: AffiliateRow
) -> None:
    async def ask() -> int:
        async with counted_statements() as statements:
            seen = await browser.get(PAGE)
        assert seen.status == 200
        return len(statements)

    await bring_customers(affiliate, CUSTOMERS[:2])
    few = await ask()
    await bring_customers(affiliate, CUSTOMERS[2:])
    many = await ask()

    assert few == many <= 20


async def test_commissions_go_on_over_the_pages(
    browser: Browser, affiliate: AffiliateRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(affiliate_route, "_COMMISSIONS", 4)
    await bring_customers(affiliate, CUSTOMERS)
    first = await browser.get(PAGE)
    [link] = [link for link in first.links() if "commissions_after" in link]

    rest = await browser.get(link)

    assert [f"CHENU-{number:04}" in first.words for number in (6, 3, 2)] == [True, True, False]
    assert [f"CHENU-{number:04}" in rest.words for number in (3, 2, 1)] == [False, True, True]


async def test_the_file_has_a_line_a_commission_and_runs_nothing(
    browser: Browser, affiliate: AffiliateRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(affiliate_route, "_BATCH", 1)
    people = await bring_customers(affiliate, ("bob", "cid"), paid=12000, tax=2000)
    await put("app_user", "email", "=cmd@example.org", "id = $2", people[0].user_id)

    head, second, first = await csv_of(browser, url=f"{PAGE}/commissions.csv")

    assert len(head) == len(first) == len(second)
    assert [line[3] for line in (first, second)] == ["'=•••", "c•••"]
    assert first[4:11] == ["CHENU-0001", "120.00", "120.00", "20.00", "100.00", "10.00", "10.00"]
    assert (first[1], first[2], first[11]) == ("Commission", "", "waits 30 days")
    assert people[1].email not in str(second)


async def test_payouts_are_listed_with_what_they_paid(
    browser: Browser, affiliate: AffiliateRow
) -> None:
    person = await make_person("bob")
    referral = await bind(person, affiliate)
    invoice = await pay_plan(account_of(person), 79200)
    failed = await put_payout(affiliate, "2026-09-01", PayoutStatus.FAILED)
    paid = await put_payout(affiliate, "2026-10-01", PayoutStatus.PAID, number="AFF-0001")
    await put_commission(referral, invoice, status=CommissionStatus.PAID, payout=paid)

    seen = await browser.get(PAGE)

    words = squeeze(seen.words)
    assert squeeze("September 2026 not made. Your account at Stripe takes no transfers.") in words
    assert "/affiliate/statements/AFF-0001" in seen.links()
    assert squeeze("Payout October 2026") in words
    assert (await csv_of(browser, url=f"{PAGE}/commissions.csv"))[1][-1] == "2026-10"
    assert failed != paid


async def test_a_link_leads_to_the_page_that_was_typed(
    browser: Browser, affiliate: AffiliateRow, services: Services
) -> None:
    origin = services.settings.public_url
    for typed in ("/agents?q=x", f"{origin}/agents?q=x", f" {origin}/agents?q=x&ref=OTHER "):
        seen = await browser.get(f"{PAGE}?{urlencode({'address': typed})}")

        [link] = seen.page.find("input", id="made-link")
        assert link.attributes["value"] == f"{origin}/agents?q=x&ref={affiliate.code}"
        texts = seen.page.find("textarea")
        assert len(texts) == 4
        assert all(link.attributes["value"] in text.text for text in texts)


STRANGE = {
    "another host": "https://evil.example/agents",
    "another host without a scheme": "//evil.example/",
    "our host as a name": "http://{host}@evil.example/",
    "a name before our host": "http://me@{host}/",
    "our host as a part": "http://{host}.evil.example/",
    "a script": "javascript:alert(1)",
    "a backslash": "/\\evil.example",
    "a path that is a host": "http://{host}//evil.example",
    "words": "the page of agents",
    "too long": "/" + "a" * 600,
}


@pytest.mark.parametrize("typed", STRANGE.values(), ids=STRANGE.keys())
async def test_an_address_that_is_not_ours_is_refused_at_its_field(
    browser: Browser, affiliate: AffiliateRow, services: Services, typed: str
) -> None:
    host = services.settings.public_url.partition("://")[2]
    query = urlencode({"address": typed.format(host=host)})

    seen = await browser.get(f"{PAGE}?{query}")
    code = await browser.get(f"{PAGE}/link.svg?{query}")

    assert (seen.status, code.status) == (422, 422)
    assert seen.page.find("p", id="link-address-error")
    [link] = seen.page.find("input", id="made-link")
    assert link.attributes["value"] == f"{services.settings.public_url}/?ref={affiliate.code}"


async def test_the_code_is_drawn_here_as_svg_and_png(
    browser: Browser, affiliate: AffiliateRow
) -> None:
    svg = await browser.client.get(f"{PAGE}/link.svg?address=/agents")
    png = await browser.client.get(f"{PAGE}/link.png?address=/agents")

    assert (svg.headers["content-type"], png.headers["content-type"]) == (
        "image/svg+xml",
        "image/png",
    )
    assert b"<path" in svg.content
    assert b"<script" not in svg.content
    with Image.open(io.BytesIO(png.content)) as picture:
        assert picture.width == picture.height > 200
    assert "no-store" in png.headers["cache-control"]


async def test_who_sells_nothing_sets_up_their_payouts_as_well(
    browser: Browser, affiliate: AffiliateRow, services: Services
) -> None:
    seen = await browser.get(PAGE)
    sent = await browser.submit(seen, f"{PAGE}/country", {"country": "de"})
    at_stripe = await browser.get(sent.location)
    async with httpx.AsyncClient() as stripe:
        await stripe.post(at_stripe.location, data={"action": "complete"})

    back = await browser.open(f"{PAGE}/onboarding/return")

    account = await connect_accounts.find_of_user(affiliate.member)
    assert account is not None
    assert (account.country, account.can_be_paid) == ("de", True)
    assert "Your payouts are ready" in back.words
    assert "Stripe can pay you." in back.words
    assert not back.has_form(f"{PAGE}/country")


async def test_a_country_without_payouts_is_refused_and_nothing_changes(
    browser: Browser, affiliate: AffiliateRow
) -> None:
    sent = await browser.submit(await browser.get(PAGE), f"{PAGE}/country", {"country": "us"})

    assert sent.status == 422
    assert "European Economic Area" in sent.words
    assert await count("connect_account") == 0


async def test_before_the_country_onboarding_leads_to_it(
    browser: Browser, affiliate: AffiliateRow
) -> None:
    for path in ("onboarding", "onboarding/return"):
        assert (await browser.get(f"{PAGE}/{path}")).location == f"{PAGE}#payouts"


async def test_who_has_not_joined_gets_no_file_and_no_code(browser: Browser, ada: Person) -> None:
    for path in ("commissions.csv", "link.svg", "link.png"):
        seen = await browser.get(f"{PAGE}/{path}")
        assert "join the affiliate programme first" in seen.words


async def test_who_is_suspended_reads_so(browser: Browser, affiliate: AffiliateRow) -> None:
    await put("affiliate", "status", "SUSPENDED")

    assert "Your participation is suspended" in (await browser.get(PAGE)).words
