"""A visitor without an account begins with a name, an address and a plan on one form."""

import re

import pytest

from chenu.billing.coupon_rules import CouponDuration
from chenu.core import db
from chenu.core.mail import MailRow
from chenu.flows.services import Services
from chenu.jobs.mail_text import compose_mail
from chenu.settings import Settings
from tests.flows.coupons import make_coupon
from tests.flows.plans import put_plans
from tests.people import PASSWORD, pay
from tests.rows import count
from tests.storefront.browser import Browser, Seen
from tests.storefront.conftest import Fingerprint, OpenBrowser
from tests.storefront.visitors import make_reader
from tests.stripe_side import AWAY, StripeSide

PERSON = {"email": "zoe@example.org", "password": "four horses by the sea", "display_name": "Zoé"}


@pytest.fixture(autouse=True)
async def plans(services: Services, stripe_side: StripeSide) -> None:
    await stripe_side.reset()
    await put_plans(services)


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the demo."""
    monkeypatch.setattr(Settings, "verifies_at_once", property(lambda _: True))


async def begin(browser: Browser, **typed: str) -> Seen:
    """From the page of plans, by the link of Pro."""
    plans = await browser.get("/pricing?interval=YEAR")
    [link] = [each for each in plans.links() if each.startswith("/sign-up?tier=PRO")]
    return await browser.submit(await browser.get(link), "/sign-up", {**PERSON, **typed})


async def mailed_link() -> str:
    """The path of the latest."""
    sql = """
        SELECT id, business_key, kind, to_address, locale, params::text AS params, state, attempts,
            created_at
        FROM outbox_mail WHERE kind = 'EMAIL_VERIFY' ORDER BY id DESC LIMIT 1
    """
    mail = await db.find_one(MailRow, sql)
    assert mail is not None
    message = compose_mail(mail, sender="a@example.org", public_url="https://chenu.example")
    body = message.get_body(("plain",))
    assert body is not None
    assert "payment page of the plan" in body.get_content()
    [link] = re.findall(r"https://chenu.example(/email/verify\S+)", body.get_content())
    return str(link)


async def test_the_form_is_about_the_chosen_plan(browser: Browser) -> None:
    plans = await browser.get("/pricing?interval=YEAR")
    [link] = [each for each in plans.links() if each.startswith("/sign-up?tier=PRO")]

    seen = await browser.get(link)

    chosen = [
        each.attributes["value"]
        for each in seen.page.find("option")
        if "selected" in each.attributes
    ]
    assert chosen == ["PRO", "YEAR"]
    assert "Begin with a plan" in seen.words
    assert "We mail you a link" in seen.words
    assert "ends the trial at once" in seen.words


@pytest.mark.usefixtures("verified")
async def test_one_form_makes_the_account_and_leads_to_stripe(browser: Browser) -> None:
    sent = await begin(browser, trial="yes")
    paid = await pay(sent.location, "")
    order = await browser.get(paid.headers["location"])

    assert sent.status == 303
    assert "Your plan Pro has begun" in order.words
    assert await db.fetch_value("SELECT tier FROM account") == "PRO"


async def test_the_mailed_link_leads_on_to_stripe(browser: Browser) -> None:
    sent = await begin(browser, trial="no")
    waiting = await browser.follow(sent)
    asked = await browser.get(await mailed_link())

    verified = await browser.submit(asked, "/email/verify")
    paid = await pay(verified.location)
    order = await browser.get(paid.headers["location"])

    assert "it verifies your address, and leads on to the payment page" in waiting.words
    assert "Stripe's page of the plan that you chose comes next" in asked.words
    assert "Your plan Pro has begun" in order.words
    assert "€290.00 a year" in order.words


async def test_a_link_that_was_asked_for_again_leads_on_to_the_chosen_plan(
    browser: Browser, services: Services
) -> None:
    await make_coupon(services, "SAVE20", percent_off=20, duration=CouponDuration.FOREVER)
    await begin(browser, trial="no", start_now="on", coupon_code="save20")

    for _ in range(2):
        again = await browser.submit(await browser.get("/account"), "/account/verify")
    asked = await browser.get(await mailed_link())
    verified = await browser.submit(asked, "/email/verify")
    paid = await pay(verified.location)
    order = await browser.get(paid.headers["location"])

    assert again.location == "/account?notice=verify"
    assert "Stripe's page of the plan that you chose comes next" in asked.words
    assert "Your plan Pro has begun" in order.words
    assert await db.fetch_value("SELECT starts_now FROM subscription_order")
    assert await count("coupon_redemption") == 1


async def test_before_the_address_is_verified_no_plan_begins(browser: Browser) -> None:
    waiting = await browser.follow(await begin(browser))

    refused = await browser.submit(waiting, "/account/plan/start")

    assert refused.status == 409
    assert "/account#address" in refused.links()
    assert await count("subscription_order") == 0


async def test_on_another_device_the_link_leads_to_signing_in_and_to_the_plan(
    browser: Browser, open_browser: OpenBrowser
) -> None:
    await begin(browser)
    phone = await open_browser()

    asked = await phone.get(await mailed_link())
    signing_in = await phone.follow(await phone.submit(asked, "/email/verify"))
    typed = {"email": PERSON["email"], "password": PERSON["password"]}
    plan = await phone.follow(await phone.submit(signing_in, "/sign-in", typed))

    chosen = [each for each in plan.page.find("option") if "selected" in each.attributes]
    assert "Your address is verified" in signing_in.words
    assert [each.attributes["value"] for each in chosen][:2] == ["PRO", "YEAR"]


async def test_somebody_else_who_is_signed_in_gets_no_plan(
    browser: Browser, open_browser: OpenBrowser
) -> None:
    await begin(browser)
    other = (await open_browser()).become(await make_reader("mallory"))

    sent = await other.submit(await other.get(await mailed_link()), "/email/verify")

    assert sent.location.startswith("/sign-in?next=")
    assert await count("subscription_order") == 0


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"tier": "GOLD"}, "tier", "Please choose one of"),
        ({"tier": "FREE"}, "tier", "Starter, Pro, Business"),
        ({"tier": "ENTERPRISE"}, "tier", "Starter, Pro, Business"),
        ({"interval": "WEEK"}, "interval", "Please choose one of: MONTH, YEAR"),
        ({"email": "zoe@"}, "email", "e-mail address such as"),
        ({"display_name": " "}, "display_name", "1 to 80 characters"),
        ({"password": "short"}, "password", "at least 8 characters"),
    ],
    ids=["unknown tier", "free", "contract", "interval", "address", "name", "password"],
)
async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    browser: Browser, fingerprint: Fingerprint, typed: dict[str, str], field: str, words: str
) -> None:
    before = await fingerprint()

    seen = await begin(browser, **typed)

    shown = dict(seen.form("/sign-up").fields)
    assert seen.status == 422
    assert words in seen.words
    assert f"#sign-up-{field}" in seen.links()
    assert shown["email"] == {**PERSON, **typed}["email"]
    assert shown["password"] == ""
    assert await fingerprint() == before


async def test_an_address_that_is_known_is_said_as_at_every_sign_up_and_nothing_begins(
    browser: Browser,
) -> None:
    await make_reader("zoe")

    seen = await begin(browser)

    assert seen.status == 409
    assert "sign in instead" in seen.words
    [link] = [each for each in seen.links() if each.startswith("/sign-in?next")]
    signed_in = await browser.submit(
        await browser.get(link), "/sign-in", {"email": PERSON["email"], "password": PASSWORD}
    )
    assert signed_in.location.startswith("/account/plan?tier=PRO")
    assert await count("subscription_order") == 0


@pytest.mark.usefixtures("verified")
async def test_while_stripe_is_away_the_account_is_made_and_the_plan_offered_again(
    browser: Browser, stripe_side: StripeSide
) -> None:
    await stripe_side.fail(AWAY, times=None)

    seen = await browser.follow(await begin(browser))

    assert "The payment page could not be opened, and nothing was charged" in seen.words
    assert seen.has_form("/account/plan/start")
    assert await count("app_user") == 1


async def test_who_is_signed_in_is_led_to_the_page_of_their_plan(browser: Browser) -> None:
    browser.become(await make_reader("zoe"))

    seen = await browser.get("/sign-up?tier=PRO&interval=YEAR&trial=no")
    odd = await browser.get("/sign-up?tier=GOLD&interval=YEAR&next=/agents")

    assert seen.location == "/account/plan?tier=PRO&interval=YEAR&trial=no"
    assert odd.location == "/agents"


@pytest.mark.usefixtures("verified")
async def test_a_code_is_typed_on_the_same_form(browser: Browser, services: Services) -> None:
    await make_coupon(services, "SAVE20", percent_off=20, duration=CouponDuration.FOREVER)

    sent = await begin(browser, trial="no", coupon_code="save20")

    assert sent.status == 303
    order = await db.fetch_value("SELECT id FROM subscription_order")
    assert await count("coupon_redemption", "subscription_order = $1", order) == 1


async def test_a_code_is_refused_at_its_field_before_there_is_an_account(browser: Browser) -> None:
    refused = await begin(browser, coupon_code="NOTHING")

    [control] = refused.page.find("input", id="sign-up-coupon_code")
    assert control.attributes["aria-invalid"] == "true"
    assert control.attributes["value"] == "NOTHING"
    assert await count("app_user", "email = $1", PERSON["email"]) == 0
