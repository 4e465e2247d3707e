"""The pages of another plan: chosen, previewed, agreed to, confirmed, taken back."""

import pytest

from chenu.accounts.actor import AccountRole
from chenu.accounts.sessions import choose_account
from chenu.billing.recurring import BillingInterval
from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import (
    catch_up,
    change,
    complete,
    open_paid_plan,
    open_plans,
    pay_with,
    plan_of,
    put_portal,
    start,
    tier_of,
)
from tests.people import Person, make_member, pay, sign_in_again
from tests.rows import count, put
from tests.storefront.browser import Browser, Seen
from tests.stripe_side import AWAY, StripeSide

CHANGE = "/account/plan/change"
TO_PRO = f"{CHANGE}?tier=PRO&interval=MONTH"


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide, browser: Browser) -> Person:
    """Somebody with a paid Starter who is signed in here."""
    await stripe_side.reset()
    person = await open_paid_plan(services)
    await put("app_user", "locale", "en")
    person = await sign_in_again(person.user_id, person.email)
    browser.become(person)
    return person


async def agree(browser: Browser, url: str = TO_PRO, **changed: str) -> Seen:
    """Presses the button below the preview."""
    return await browser.submit(await browser.get(url), CHANGE, changed)


async def test_an_upgrade_is_shown_to_the_cent_and_begins_at_once(
    services: Services, browser: Browser, person: Person
) -> None:
    seen = await browser.get(TO_PRO)
    sent = await browser.submit(seen, CHANGE, {})
    await catch_up(services)
    now = await browser.get(sent.location)

    assert "Due now €20.00" in seen.words
    assert "Next invoice €29.00" in seen.words
    assert "Unused time on Starter −€9.00" in seen.words
    assert "Pro for the rest of the period €29.00" in seen.words
    assert "Change and pay €20.00" in seen.words
    assert "Your plan has changed." in now.words
    assert await tier_of(person) == "PRO"
    assert await count("invoice_payment", "gross = 2000") == 1


async def test_a_downgrade_waits_is_shown_and_taken_back(
    services: Services, browser: Browser, person: Person
) -> None:
    await change(services, person.actor, TierCode.PRO)

    preview = await browser.get(f"{CHANGE}?tier=STARTER&interval=MONTH")
    sent = await browser.submit(preview, CHANGE, {})
    waiting = await browser.get(sent.location)
    back = await browser.submit(waiting, "/account/plan/resume", {})
    after = await browser.get(back.location)

    assert "Due now €0.00" in preview.words
    assert "Next invoice €9.00" in preview.words
    assert "Until then your plan stays as it is" in preview.words
    assert "Your plan changes at the end of its period." in waiting.words
    assert "it will be Starter, paid by the month" in waiting.words
    assert "it will be Starter" not in after.words


@pytest.mark.parametrize(
    "card", ["pm_card_chargeCustomerFail", "pm_card_authenticationRequired"], ids=str
)
async def test_an_unconfirmed_payment_keeps_the_plan_and_leads_to_stripe(
    services: Services, stripe_side: StripeSide, browser: Browser, person: Person, card: str
) -> None:
    plan = await plan_of(person)
    assert plan is not None
    await pay_with(stripe_side, plan, card)

    sent = await agree(browser)
    waiting = await browser.get(sent.location)
    url = str(await db.fetch_value("SELECT pending_payment_url FROM subscription"))
    before = await tier_of(person)
    await pay(url)
    after = await browser.get("/account/plan")

    assert "The payment was not confirmed. Your plan stays as it was." in waiting.words
    assert "The change to Pro has not been paid" in waiting.words
    assert waiting.links().count(url) == 1
    assert before == "STARTER"
    assert "The change to Pro" not in after.words
    assert await tier_of(person) == "PRO"


async def test_a_change_that_was_not_paid_is_dropped(
    services: Services, stripe_side: StripeSide, browser: Browser, person: Person
) -> None:
    plan = await plan_of(person)
    assert plan is not None
    await pay_with(stripe_side, plan, "pm_card_chargeCustomerFail")
    await change(services, person.actor, TierCode.PRO)

    page = await browser.get("/account/plan")
    back = await browser.submit(page, "/account/plan/resume", {})

    assert "The change to Pro" not in (await browser.get(back.location)).words
    assert await tier_of(person) == "STARTER"


async def test_another_price_is_shown_anew_and_nothing_is_charged(
    services: Services, stripe_side: StripeSide, browser: Browser, person: Person
) -> None:
    seen = await browser.get(TO_PRO)
    plan = await plan_of(person)
    assert plan is not None
    coupon = await stripe_side.change("/v1/coupons", percent_off="50", duration="forever")
    path = f"/v1/subscriptions/{plan.stripe_subscription_id}"
    await stripe_side.change(path, **{"discounts[0][coupon]": coupon["id"]})

    refused = await browser.submit(seen, CHANGE, {})
    agreed = await browser.submit(refused, CHANGE, {})

    assert refused.status == 409
    assert "The price has changed since you saw it" in refused.words
    assert "Due now €5.50" in refused.words
    assert agreed.status == 303
    assert await tier_of(person) == "PRO"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("tier", "GOLD", "Please choose one of"),
        ("tier", "FREE", "Starter, Pro, Business"),
        ("interval", "WEEK", "Please choose one of: MONTH, YEAR"),
        ("proration_date", "yesterday", "Please look at the price again"),
        ("proration_date", "1000", "The price has changed"),
        ("proration_date", "999999999999999", "The price has changed"),
        ("proration_date", "-99999999999999", "The price has changed"),
        ("expected_due_now", "", "Please look at the price again"),
        ("expected_due_now", "-1", "The price has changed"),
        ("idempotency_key", "", "An idempotency key"),
    ],
)
async def test_what_was_not_offered_is_refused_and_changes_nothing(
    services: Services, browser: Browser, person: Person, field: str, value: str, words: str
) -> None:
    refused = await agree(browser, **{field: value})

    assert refused.status in (400, 409, 422)
    assert words in refused.words
    assert await count("operation", "kind = 'SUBSCRIPTION_CHANGE'") == 0


async def test_the_plan_that_runs_and_a_silent_stripe_are_said(
    browser: Browser, person: Person, stripe_side: StripeSide
) -> None:
    same = await browser.get(f"{CHANGE}?tier=STARTER&interval=MONTH")
    await stripe_side.fail(AWAY, times=None)
    silent = await browser.get(TO_PRO)

    assert "This is your plan already" in same.words
    assert same.status == 422
    assert silent.status == 503
    assert "did not answer" in silent.words


async def test_in_a_trial_nothing_is_due(services: Services, browser: Browser) -> None:
    person = await open_plans(services)
    await put("app_user", "locale", "en")
    await complete(services, await start(services, person.actor, trial=True), "")
    browser.become(await sign_in_again(person.user_id, person.email))

    seen = await browser.get(f"{CHANGE}?tier=BUSINESS&interval=YEAR")
    await browser.submit(seen, CHANGE, {})

    assert "Due now €0.00" in seen.words
    assert "Your trial goes on until" in seen.words
    plan = await plan_of(person)
    assert plan is not None
    assert (plan.item, plan.billing_interval) == ("BUSINESS", BillingInterval.YEAR)


async def test_the_prices_lead_to_what_a_change_costs(browser: Browser, person: Person) -> None:
    seen = await browser.get("/pricing?interval=YEAR")

    links = [link for link in seen.links() if link.startswith(CHANGE)]
    assert links == [f"{CHANGE}?tier={tier}&interval=YEAR" for tier in ("PRO", "BUSINESS")]


async def test_the_portal_opens_once_it_is_set_up(
    services: Services, browser: Browser, person: Person
) -> None:
    page = await browser.get("/account/plan")
    closed = await browser.submit(page, "/account/plan/portal", {})
    await put_portal(services)
    opened = await browser.submit(page, "/account/plan/portal", {})

    assert closed.status == 503
    assert "cannot be opened at the moment" in closed.words
    assert opened.status == 303
    assert "/p/session/" in opened.location


async def test_a_member_without_the_right_changes_no_plan(
    services: Services, browser: Browser, person: Person
) -> None:
    await change(services, person.actor, TierCode.BUSINESS)
    member = await make_member(person, "mia", AccountRole.MEMBER)
    assert person.actor.account_id is not None
    await choose_account(member.actor, person.actor.account_id)
    browser.become(member)

    assert (await browser.get(CHANGE)).status == 403
    assert not (await browser.get("/account/plan")).has_form("/account/plan/portal")
