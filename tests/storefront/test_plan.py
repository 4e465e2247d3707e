"""The pages of a plan: begun, looked at, left, taken up again."""

import pytest

from chenu.core import db
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from storefront.plan_state import PlanState, describe_plan
from tests.flows.plans import (
    advance,
    complete,
    give_card,
    open_plans,
    plan_of,
    put_portal,
    start,
    tier_of,
)
from tests.people import Person, pay, sign_in_again
from tests.rows import count, put
from tests.storefront.browser import Browser, Seen
from tests.storefront.visitors import make_reader
from tests.stripe_side import AWAY, StripeSide


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide, browser: Browser) -> Person:
    """Somebody on Free who is signed in here."""
    await stripe_side.reset()
    person = await open_plans(services)
    await put("app_user", "locale", "en")
    browser.become(person)
    return person


async def begin(browser: Browser, **chosen: str) -> Seen:
    """Presses the button on the page of plans."""
    page = await browser.get("/account/plan")
    return await browser.submit(page, "/account/plan/start", {"tier": "PRO", **chosen})


async def order_url() -> str:
    order = await db.fetch_value("SELECT id FROM subscription_order ORDER BY id DESC LIMIT 1")
    return f"/account/plan/orders/{order}"


async def test_a_trial_begins_without_a_card_and_the_page_says_until_when(
    browser: Browser, person: Person
) -> None:
    offered = await browser.get("/account/plan")
    sent = await begin(browser, trial="yes")
    await pay(sent.location, "")

    order = await browser.get(await order_url())

    assert "The first 14 days are free" in offered.words
    assert "Your plan Pro has begun" in order.words
    assert "Nothing was charged" in order.words
    assert await tier_of(person) == "PRO"
    now = await browser.get("/account/plan")
    assert "In trial" in now.words
    assert not now.has_form("/account/plan/start")


async def test_a_link_chooses_plan_and_interval(browser: Browser, person: Person) -> None:
    seen = await browser.get("/account/plan?tier=BUSINESS&interval=YEAR")

    chosen = [
        each.attributes["value"]
        for each in seen.page.find("option")
        if "selected" in each.attributes
    ]
    assert chosen == ["BUSINESS", "YEAR"]


async def test_a_paid_year_begins(browser: Browser, person: Person) -> None:
    sent = await begin(browser, trial="no", interval="YEAR")
    await pay(sent.location)
    order = await browser.get(await order_url())
    assert "€290.00 a year" in order.words


async def test_a_declined_card_leaves_the_page_open(browser: Browser, person: Person) -> None:
    sent = await begin(browser, trial="no")
    declined = await pay(sent.location, "4000000000000002")

    seen = await browser.get(await order_url())

    assert declined.status_code == 402
    assert "Your plan has not begun yet" in seen.words
    assert sent.location in seen.links()
    assert await tier_of(person) == "FREE"


async def test_it_is_left_and_taken_up_again(
    services: Services, browser: Browser, person: Person
) -> None:
    await complete(services, await start(services, person.actor))
    browser.become(person)

    page = await browser.get("/account/plan")
    left = await browser.submit(page, "/account/plan/cancel", {"reason": "Too dear"})
    canceled = await browser.get(left.location)
    back = await browser.submit(canceled, "/account/plan/resume", {})
    resumed = await browser.get(back.location)

    assert "Your plan is cancelled" in canceled.words
    assert "Ends on" in canceled.words
    assert "Your plan goes on" in resumed.words
    assert "Renewed on" in resumed.words


async def test_an_ended_plan_is_named_and_no_trial_is_offered_again(
    services: Services, browser: Browser, person: Person
) -> None:
    await complete(services, await start(services, person.actor, trial=True), "")
    await advance(services, 14.1)

    seen = await browser.get("/account/plan")

    assert "Your last plan ended on" in seen.words
    assert "You have had your trial" in seen.words
    assert seen.has_form("/account/plan/start")


async def test_a_page_that_ran_out_says_so(
    services: Services, browser: Browser, person: Person, stripe_side: StripeSide
) -> None:
    await begin(browser)
    await stripe_side.expire(
        str(await db.fetch_value("SELECT checkout_session_id FROM subscription_order"))
    )

    seen = await browser.get(await order_url())

    assert "No plan was begun" in seen.words


async def test_a_silent_stripe_is_being_confirmed(
    browser: Browser, person: Person, stripe_side: StripeSide
) -> None:
    await begin(browser)
    await stripe_side.fail(AWAY, times=None)

    seen = await browser.get(await order_url())

    assert "Your plan is being confirmed" in seen.words
    assert "Please do not pay again" in seen.words


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("tier", "GOLD", "Please choose one of"),
        ("tier", "FREE", "Starter, Pro, Business"),
        ("tier", "ENTERPRISE", "Starter, Pro, Business"),
        ("interval", "WEEK", "Please choose one of: MONTH, YEAR"),
        ("idempotency_key", "", "An idempotency key"),
    ],
)
async def test_what_cannot_be_started_is_said_and_changes_nothing(
    browser: Browser, person: Person, field: str, value: str, words: str
) -> None:
    refused = await begin(browser, **{field: value})

    assert refused.status in (400, 409, 422)
    assert words in refused.words
    assert await count("subscription_order") == 0


async def fall_behind(services: Services, person: Person) -> None:
    """A trial whose card fails at its end."""
    await put_portal(services)
    order = await start(services, person.actor, TierCode.PRO, trial=True)
    await complete(services, order, "4000000000000341")
    await advance(services, 14.1)


async def test_after_a_failed_payment_another_card_is_given_and_pays(
    services: Services, browser: Browser, person: Person
) -> None:
    await fall_behind(services, person)
    browser.become(await sign_in_again(person.user_id, person.email))

    behind = await browser.get("/account/plan")
    sent = await browser.submit(behind, "/account/plan/card")
    paid = await browser.get(await give_card(sent.location, "5555555555554444"))
    after = await browser.get("/account/plan")

    assert "Stripe tries again on days 3, 5 and 7" in behind.words
    assert "Pay €29.00 on Stripe's page" in behind.words
    assert sent.location.startswith(str(services.settings.stripe.api_base))
    assert "The card is changed, and the open invoice is paid" in paid.words
    assert "Active" in after.words
    assert await tier_of(person) == "PRO"


async def test_whoever_comes_back_with_the_same_card_can_give_another(
    services: Services, browser: Browser, person: Person
) -> None:
    await fall_behind(services, person)
    browser.become(await sign_in_again(person.user_id, person.email))
    sent = await browser.submit(await browser.get("/account/plan"), "/account/plan/card")

    seen = await browser.get(await give_card(sent.location, None))

    assert "The card is the same as before" in seen.words
    assert seen.has_form("/account/plan/card")
    assert any("/i/in_" in link for link in seen.links())


async def test_a_card_that_had_a_trial_is_named_as_the_reason_of_the_end(
    services: Services, browser: Browser, person: Person
) -> None:
    other = await make_reader("otto", TierCode.FREE)
    await complete(services, await start(services, other.actor, trial=True, key="o-1"))
    await complete(services, await start(services, person.actor, trial=True))

    seen = await browser.get("/account/plan")
    card = await browser.get("/account/plan/card?before=")
    order = await browser.get(await order_url())

    for page in (seen, card, order):
        assert "the card that was given for it, had been in a trial before" in page.words
    assert "You have had your trial: the first payment is due at once" in seen.words


STATES = [
    ("TRIALING", True, False, PlanState.TRIAL, "In trial", "Without a card the plan ends"),
    ("TRIALING", True, True, PlanState.ENDING, "Cancelled", "Until it ends you can take it up"),
    ("ACTIVE", True, False, PlanState.ACTIVE, "Active", "Cancel at the end of the period"),
    ("ACTIVE", True, True, PlanState.ENDING, "Cancelled", "Until it ends you can take it up"),
    ("ACTIVE", False, False, PlanState.PAUSED, "Paused", "Write to us to have it go on"),
    ("TRIALING", False, False, PlanState.PAUSED, "Paused", "Write to us to have it go on"),
    ("PAST_DUE", True, False, PlanState.RETRYING, "Payment failed", "on days 3, 5 and 7"),
    ("PAST_DUE", True, True, PlanState.RETRYING, "Payment failed", "on days 3, 5 and 7"),
    ("UNPAID", False, False, PlanState.UNPAID, "Unpaid", "as soon as the open invoice is paid"),
    ("PAUSED", False, False, PlanState.PAUSED, "Paused", "Write to us to have it go on"),
    ("INCOMPLETE", False, False, PlanState.UNCONFIRMED, "First payment", "Finish it on Stripe"),
    ("CANCELED", False, False, PlanState.ENDED, "Your last plan ended on", "Begin"),
    ("CANCELED", False, True, PlanState.ENDED, "Your last plan ended on", "Begin"),
]


@pytest.mark.parametrize(
    ("status", "gives_access", "cancels", "state", "words", "way_out"),
    STATES,
    ids=[f"{row[0]} {'with' if row[1] else 'without'} access {row[2]}" for row in STATES],
)
async def test_each_state_has_its_words_and_a_way_out(
    services: Services,
    browser: Browser,
    person: Person,
    status: str,
    gives_access: bool,
    cancels: bool,
    state: PlanState,
    words: str,
    way_out: str,
) -> None:
    await complete(services, await start(services, person.actor))
    await put("subscription", "gives_access", gives_access)
    await put("subscription", "status", status)
    await put("subscription", "cancel_at_period_end", cancels)
    await put("account", "tier", "STARTER" if gives_access else "FREE")

    seen = await browser.get("/account/plan")

    plan = await plan_of(person)
    assert plan is not None
    assert describe_plan(plan) is state
    assert words in seen.words
    assert way_out in seen.words


async def test_an_order_of_somebody_else_is_not_there(
    services: Services, browser: Browser, person: Person
) -> None:
    await begin(browser)
    url = await order_url()
    browser.become(await make_reader("mallory"))

    assert (await browser.get(url)).status == 404


async def test_a_plan_that_was_agreed_has_no_form(browser: Browser) -> None:
    browser.become(await make_reader("zoe", TierCode.ENTERPRISE))

    seen = await browser.get("/account/plan")

    assert "agreed with us" in seen.words
    assert not seen.has_form("/account/plan/start")
