"""Codes on pages: what one does is shown before paying, refusals stand at the field; the list and
the form of finance.
"""

import pytest

from chenu.accounts.actor import Staff
from chenu.billing.coupon_rules import CouponDuration
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.flows.coupons import BOTH, make_coupon, read_coupon
from tests.flows.plans import complete, open_plans, start
from tests.people import Person, pay
from tests.rows import count, put
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import Fingerprint
from tests.storefront.visitors import make_reader
from tests.stripe_side import StripeSide

START = "/account/plan/start"


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide, browser: Browser) -> Person:
    """Somebody on Free who is signed in here."""
    await stripe_side.reset()
    person = await open_plans(services)
    await put("app_user", "locale", "en")
    browser.become(person)
    return person


@pytest.fixture
async def finance(services: Services, stripe_side: StripeSide, browser: Browser) -> Browser:
    await stripe_side.reset()
    await open_plans(services)
    return browser.become(await make_reader("fin", staff=(Staff.FINANCE,)))


async def ask(browser: Browser, *, button: str = "step=quote", **typed: str) -> Seen:
    """Fills in the form of the plan, and presses a button."""
    page = await browser.get("/account/plan")
    typed = {"tier": "PRO", "trial": "no", **typed}
    return await browser.submit(page, START, typed, button=button)


async def test_what_a_code_does_is_shown_before_anything_is_ordered(
    services: Services, browser: Browser, person: Person
) -> None:
    await make_coupon(services, duration=CouponDuration.REPEATING, duration_in_months=3)

    seen = await ask(browser, coupon_code="save50")

    assert seen.status == 200
    assert "With the code SAVE50" in seen.words
    assert "50% off the first 3 invoices" in seen.words
    assert "First invoice €14.50 Later invoices €29.00" in seen.words
    assert await count("subscription_order") == await count("coupon_redemption") == 0
    sent = await browser.submit(seen, START, {})
    await pay(sent.location)
    assert await count("coupon_redemption", "status = 'RESERVED'") == 1


async def test_an_amount_off_a_year_is_quoted_for_every_invoice(
    services: Services, browser: Browser, person: Person
) -> None:
    await make_coupon(
        services, amount_off=500, duration=CouponDuration.FOREVER, tiers=(TierCode.PRO,)
    )

    seen = await ask(browser, coupon_code="SAVE50", interval="YEAR", trial="yes")

    assert "€5.00 off every invoice" in seen.words
    assert "First invoice €285.00 Later invoices €285.00" in seen.words
    assert "The trial comes first" in seen.words


REFUSED = {
    "unknown": ("NOBODYS", {}, "There is no such code"),
    "of another script": ("<script>alert(1)</script>", {}, "There is no such code"),
    "for the month": ("SAVE50", {"interval": "YEAR"}, "paid by the month"),
    "for another plan": ("SAVE50", {"tier": "BUSINESS"}, "for these plans: Pro"),
}


@pytest.mark.parametrize("button", ["step=quote", ""], ids=["asked", "started"])
@pytest.mark.parametrize(("code", "chosen", "words"), REFUSED.values(), ids=REFUSED)
async def test_a_refused_code_is_named_at_its_field_and_nothing_begins(
    services: Services,
    browser: Browser,
    person: Person,
    button: str,
    code: str,
    chosen: dict[str, str],
    words: str,
) -> None:
    await make_coupon(services, tiers=(TierCode.PRO,))

    seen = await ask(browser, button=button, coupon_code=code, **chosen)

    assert seen.status == 422
    [error] = seen.page.find("p", id="plan-coupon_code-error")
    assert words in error.text
    [field] = seen.page.find("input", id="plan-coupon_code")
    assert field.attributes["value"] == code
    assert await count("subscription_order") == 0


async def test_an_empty_code_is_asked_for_and_starting_needs_none(
    browser: Browser, person: Person
) -> None:
    asked = await ask(browser)
    started = await ask(browser, button="")

    assert "Please enter a code" in asked.words
    assert started.status == 303
    assert await count("subscription_order") == 1


async def test_the_tenth_wrong_code_is_refused_with_when_to_try_again(
    services: Services, browser: Browser, person: Person
) -> None:
    await make_coupon(services)
    for number in range(9):
        await ask(browser, coupon_code=f"WRONG{number}")

    seen = await ask(browser, coupon_code="SAVE50")

    assert seen.status == 429
    [error] = seen.page.find("p", id="plan-coupon_code-error")
    assert "You can try again in 60 minutes" in error.text
    assert (await ask(browser, button="")).status == 303


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (CouponDuration.ONCE, "SAVE50 · 50% off the next invoice"),
        (CouponDuration.REPEATING, "SAVE50 · 50% off each invoice until"),
        (CouponDuration.FOREVER, "SAVE50 · 50% off every invoice"),
    ],
)
async def test_a_plan_shows_its_discount(
    services: Services, browser: Browser, person: Person, duration: CouponDuration, words: str
) -> None:
    months = 2 if duration is CouponDuration.REPEATING else None
    await make_coupon(services, duration=duration, duration_in_months=months)
    await complete(services, await start(services, person.actor, trial=True, coupon="SAVE50"), "")

    seen = await browser.become(person).get("/account/plan")

    assert words in seen.words


async def make_by_form(desk: Browser, **typed: str | list[str]) -> Seen:
    page = await desk.get("/staff/coupons")
    return await desk.submit(page, "/staff/coupons", typed)


async def test_finance_makes_and_withdraws_a_coupon(finance: Browser) -> None:
    empty = await finance.get("/staff/coupons")
    made = await finance.follow(
        await make_by_form(
            finance,
            code="spring-26",
            amount_off="5,00",
            duration="REPEATING",
            duration_in_months="2",
            tiers=["PRO", "BUSINESS"],
            intervals=["MONTH", "YEAR"],
            starts_at="2026-01-31",
            redeem_by="2999-01-31",
            max_redemptions="1 000",
            max_redemptions_per_customer="2",
            reason="Spring fair.",
        )
    )
    over = {"reason": "Over."}
    withdrawn = await finance.follow(await finance.submit(made, "/staff/coupons/deactivate", over))

    assert "No coupons yet" in empty.words
    assert "SPRING-26 active" in made.words
    assert "€5.00 · 2 months · Pro, Business · By the month, By the year" in made.words
    assert "0 plans began with it · 0 of 1,000 in use · 2 times a customer" in made.words
    assert "until 31 Jan 2999" in made.words
    assert "SPRING-26 withdrawn" in withdrawn.words
    assert not withdrawn.has_form("/staff/coupons/deactivate")
    assert not (await read_coupon("SPRING-26")).active


BAD = {
    "code": ({"code": "A B"}, "code"),
    "per cent and amount": ({"amount_off": "1,00"}, "percent_off"),
    "per cent of words": ({"percent_off": "half"}, "percent_off"),
    "too much": ({"percent_off": "100"}, "percent_off"),
    "an amount of words": ({"percent_off": "", "amount_off": "ten"}, "amount_off"),
    "too large an amount": ({"percent_off": "", "amount_off": "8.51"}, "amount_off"),
    "another duration": ({"duration": "ALWAYS"}, "duration"),
    "no months": ({"duration": "REPEATING"}, "duration_in_months"),
    "a day that is none": ({"starts_at": "2026-02-30"}, "starts_at"),
    "an end in the past": ({"redeem_by": "2020-01-01"}, "redeem_by"),
    "a limit below zero": ({"max_redemptions": "-1"}, "max_redemptions"),
    "no use at all": ({"max_redemptions": "0"}, "max_redemptions"),
    "no use by a customer": (
        {"max_redemptions_per_customer": "0"},
        "max_redemptions_per_customer",
    ),
    "a tier that is not sold": ({"tiers": "FREE"}, "tiers"),
    "another interval": ({"intervals": "WEEK"}, "intervals"),
}


@pytest.mark.parametrize(("change", "field"), BAD.values(), ids=BAD)
async def test_a_wrong_coupon_is_refused_at_its_field(
    finance: Browser, fingerprint: Fingerprint, change: dict[str, str], field: str
) -> None:
    page = await finance.get("/staff/coupons")
    typed = {"code": "HALF", "percent_off": "50", "duration": "ONCE", **change}
    before = await fingerprint()

    sent = {**dict(page.form("/staff/coupons").fields), **typed}
    seen = await finance.post("/staff/coupons", sent)

    assert seen.status == 422
    assert f"#coupon-{field}" in seen.links()
    assert await fingerprint() == before


async def test_a_code_that_is_not_there_is_not_withdrawn(finance: Browser) -> None:
    page = await finance.get("/staff/coupons")
    token = dict(page.form("/staff/coupons").fields)["csrf_token"]

    sent = {"csrf_token": token, "code": "NOTHING", "reason": "Over."}
    seen = await finance.post("/staff/coupons/deactivate", sent)

    assert seen.status == 404
    assert "There is no such coupon" in seen.words


async def test_a_long_list_has_pages(services: Services, finance: Browser) -> None:
    for number in range(27):
        await make_coupon(services, f"CODE{number:02}", intervals=BOTH)
        await put("attempt_window", "tries", 0)

    first = await finance.get("/staff/coupons")
    [following] = [link for link in first.links() if "after=" in link]
    second = await finance.get(following)

    assert "CODE26" in first.words
    assert "CODE01" not in first.words
    assert "CODE01" in second.words
