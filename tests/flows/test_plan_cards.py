"""Another card for a plan: given on Stripe's page, and the open invoice is paid with it."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from chenu.billing.recurring import SubscriptionStatus
from chenu.core.clock import CLOCK
from chenu.core.errors import InvalidState
from chenu.flows.checkout_pages import PaymentFailed
from chenu.flows.services import Services
from chenu.flows.subscriptions.cards import CardReport, CardState, adopt_card, open_card_page
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import (
    CARD,
    advance,
    complete,
    give_card,
    open_plans,
    plan_of,
    put_portal,
    start,
    tier_of,
)
from tests.flows.test_plans import require_true_books
from tests.people import Person, make_person
from tests.rows import count
from tests.stripe_side import AWAY, StripeSide

FAILING_LATER = "4000000000000341"
DECLINED = "4000000000000002"
BY_BANK = "4000002500003155"
"""The bank wants each payment confirmed."""

OTHER = "5555555555554444"


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    person = await open_plans(services)
    await put_portal(services)
    return person


async def visit(services: Services, person: Person, number: str | None) -> str:
    """Gives a card on Stripe's page, or goes back; returns the plan's card from before."""
    url = await open_card_page(services, person.actor, "en")
    back = await give_card(url, number)
    return parse_qs(urlsplit(back).query, keep_blank_values=True)["before"][0]


async def change_card(services: Services, person: Person, number: str | None) -> CardReport:
    return await adopt_card(services, person.actor, await visit(services, person, number))


async def fall_behind(services: Services, person: Person) -> None:
    """A trial whose card fails at its end."""
    order = await start(services, person.actor, TierCode.PRO, trial=True)
    await complete(services, order, FAILING_LATER)
    await advance(services, 14.1)
    plan = await plan_of(person)
    assert plan is not None
    assert plan.status is SubscriptionStatus.PAST_DUE


async def test_another_card_pays_the_open_invoice_at_once_and_once(
    services: Services, person: Person
) -> None:
    await fall_behind(services, person)

    before = await visit(services, person, OTHER)
    reports = [await adopt_card(services, person.actor, before) for _ in range(3)]

    assert [report.state for report in reports] == [
        CardState.PAID,
        CardState.SAVED,
        CardState.SAVED,
    ]
    assert reports[0].plan is not None
    assert reports[0].plan.status is SubscriptionStatus.ACTIVE
    assert await tier_of(person) == "PRO"
    assert await count("invoice_payment", "gross = 2900") == 1
    await advance(services, 9)
    assert await tier_of(person) == "PRO"
    assert await count("invoice_payment") == 1
    await require_true_books(services)


async def test_going_back_without_another_card_tries_nothing(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    await fall_behind(services, person)
    await stripe_side.watch("/v1/invoices/*/pay")

    report = await change_card(services, person, None)

    assert report.state is CardState.UNCHANGED
    assert report.payment_url is not None
    assert await stripe_side.hits() == [0]
    assert await count("operation", "kind = 'INVOICE_PAYMENT'") == 0


async def test_a_card_that_fails_again_leaves_the_page_of_the_invoice(
    services: Services, person: Person
) -> None:
    await fall_behind(services, person)

    report = await change_card(services, person, BY_BANK)

    assert report.state in (CardState.DECLINED, CardState.UNCHANGED)
    assert report.payment_url is not None
    assert await tier_of(person) == "PRO"
    assert await count("invoice_payment") == 0


async def test_after_an_invoice_was_paid_on_its_own_page_the_plan_goes_on(
    services: Services, person: Person
) -> None:
    await fall_behind(services, person)
    report = await change_card(services, person, None)
    assert report.payment_url is not None

    async with httpx.AsyncClient() as http:
        typed = {"action": "pay", "card": OTHER, "exp": "12/40", "cvc": "123"}
        paid = await http.post(report.payment_url, data=typed)
    after = await change_card(services, person, None)

    assert paid.status_code == 303
    assert after.payment_url is None
    assert await tier_of(person) == "PRO"


async def test_a_card_that_is_added_in_the_trial_is_charged_at_its_end(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor, TierCode.PRO, trial=True), "")

    report = await change_card(services, person, CARD)
    await advance(services, 14.1)

    assert report.state is CardState.SAVED
    assert await tier_of(person) == "PRO"
    assert await count("invoice_payment", "gross = 2900") == 1
    await require_true_books(services)


async def test_a_card_of_another_trial_that_is_added_ends_the_trial(
    services: Services, person: Person
) -> None:
    other = await make_person("otto", TierCode.FREE)
    await complete(services, await start(services, other.actor, trial=True, key="o-1"), CARD)
    await complete(services, await start(services, person.actor, trial=True), "")

    report = await change_card(services, person, CARD)

    assert report.state is CardState.ENDED
    assert report.plan is not None
    assert report.plan.refusal_code == "TRIAL_USED"
    assert await tier_of(person) == "FREE"


async def test_a_silent_stripe_is_being_confirmed_and_nothing_is_paid_twice(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    await fall_behind(services, person)
    before = await visit(services, person, OTHER)
    await stripe_side.fail("timeout_after", "/v1/invoices/*/pay", times=1, seconds=0.3)

    lost = await adopt_card(services, person.actor, before)
    await stripe_side.heal()
    found = await adopt_card(services, person.actor, before)

    assert lost.state in (CardState.CONFIRMING, CardState.PAID)
    assert found.state in (CardState.PAID, CardState.SAVED)
    assert await count("invoice_payment", "gross = 2900") == 1
    await require_true_books(services)


async def test_a_try_whose_answer_never_came_is_not_called_paid_a_day_later(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    await fall_behind(services, person)
    before = await visit(services, person, OTHER)
    await stripe_side.fail("disconnect_before", "/v1/invoices/*/pay", times=None)
    lost = await adopt_card(services, person.actor, before)
    await stripe_side.heal()
    # ours alone: Stripe has not tried again by itself
    CLOCK.move_to_offset(CLOCK.offset + timedelta(days=1.1))

    found = await adopt_card(services, person.actor, before)

    assert lost.state is CardState.CONFIRMING
    assert found.state is CardState.DECLINED
    assert found.payment_url is not None
    assert await count("invoice_payment") == 0


async def test_while_stripe_is_away_the_page_says_so(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    await fall_behind(services, person)
    before = await visit(services, person, OTHER)
    await stripe_side.fail(AWAY, times=None)

    assert (await adopt_card(services, person.actor, before)).state is CardState.CONFIRMING


async def test_a_link_that_we_did_not_make_pays_nothing(services: Services, person: Person) -> None:
    await fall_behind(services, person)
    signed = await visit(services, person, OTHER)
    other = await make_person("otto", TierCode.FREE)

    for link in ("", "pm_1", ".", f"pm_1.{signed.rpartition('.')[2]}", f"{signed}0", "é.é"):
        report = await adopt_card(services, person.actor, link)
        assert report.state is CardState.UNCHANGED

    assert (await adopt_card(services, other.actor, signed)).state is CardState.ENDED
    assert await count("operation", "kind = 'INVOICE_PAYMENT'") == 0


async def test_a_card_is_given_on_the_portal_that_bootstrap_stripe_configured(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await complete(services, await start(services, person.actor))
    await open_card_page(services, person.actor, "en")
    [configuration] = await stripe_side.list_all("/v1/billing_portal/configurations")

    path = f"/v1/billing_portal/configurations/{configuration['id']}"
    await stripe_side.change(path, **{"metadata[chenu]": ""})

    with pytest.raises(PaymentFailed, match="could not be opened"):
        await open_card_page(services, person.actor, "en")
    assert len(await stripe_side.list_all("/v1/billing_portal/configurations")) == 1


async def test_without_a_plan_there_is_no_card_to_change(
    services: Services, person: Person
) -> None:
    with pytest.raises(InvalidState, match="no paid plan"):
        await open_card_page(services, person.actor, "en")

    assert (await adopt_card(services, person.actor, "")).state is CardState.ENDED
