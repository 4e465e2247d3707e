"""One trial a card: one that was in another person's trial ends this one without a charge."""

import pytest

from chenu.accounts.sessions import find_actor
from chenu.accounts.users import create_account
from chenu.affiliates.referrals import get_referral
from chenu.billing.recurring import SubscriptionStatus
from chenu.billing.subscriptions import SubscriptionRow
from chenu.core import db
from chenu.flows.services import Services
from chenu.flows.subscriptions.mirror import follow_subscription
from chenu.flows.subscriptions.start import is_trial_due
from chenu.tiers.catalogue import TierCode
from tests.affiliates.bound import bind, make_affiliate
from tests.flows.plans import (
    CARD,
    advance,
    catch_up,
    complete,
    plan_of,
    put_plans,
    start,
    tier_of,
)
from tests.flows.test_plans import require_true_books
from tests.people import Person, make_person
from tests.rows import count, mails_to
from tests.stripe_side import StripeSide

OTHER_CARD = "4242424242424259"
THIRD_CARD = "4242424242424267"
SAVED = "pm_card_visa"
"""Stripe's name of CARD."""

SAVED_OTHER = "pm_card_mastercard"


@pytest.fixture(autouse=True)
async def plans(services: Services, stripe_side: StripeSide) -> None:
    await stripe_side.reset()
    await put_plans(services)


async def take_trial(services: Services, name: str, card: str = "") -> Person:
    return await take_trial_of(services, await make_person(name, TierCode.FREE), name, card)


async def take_trial_of(services: Services, person: Person, name: str, card: str) -> Person:
    order = await start(services, person.actor, TierCode.PRO, trial=True, key=f"{name}-1")
    await complete(services, order, card)
    return person


async def get_plan(person: Person) -> SubscriptionRow:
    plan = await plan_of(person)
    assert plan is not None
    return plan


async def add_card(
    services: Services, stripe_side: StripeSide, person: Person, token: str, where: str
) -> None:
    """As the customer does on Stripe's page, or support at the dashboard."""
    plan = await get_plan(person)
    subscription = await stripe_side.get(f"/v1/subscriptions/{plan.stripe_subscription_id}")
    customer = subscription["customer"]
    card = await stripe_side.save_card(customer, token)
    if where == "customer":
        path, name = f"/v1/customers/{customer}", "invoice_settings[default_payment_method]"
    else:
        path, name = f"/v1/subscriptions/{subscription['id']}", "default_payment_method"
    await stripe_side.change(path, **{name: card})
    await catch_up(services)


async def require_refused(services: Services, person: Person, mails: int = 1) -> None:
    plan = await get_plan(person)
    assert (plan.status, plan.refusal_code) == (SubscriptionStatus.CANCELED, "TRIAL_USED")
    assert await tier_of(person) == "FREE"
    assert (await mails_to(person.email)).count("TRIAL_REFUSED") == mails
    await advance(services, 20)
    assert await count("invoice_payment", "account = $1", person.actor.account_id) == 0
    await require_true_books(services)


async def test_a_second_persons_trial_with_the_same_card_ends_without_a_charge(
    services: Services,
) -> None:
    first = await take_trial(services, "zoe", CARD)

    second = await take_trial(services, "otto", CARD)

    assert (await get_plan(first)).status is SubscriptionStatus.TRIALING
    assert await tier_of(first) == "PRO"
    await require_refused(services, second)


@pytest.mark.parametrize(
    ("card", "state"), [(CARD, "REFUSED"), (OTHER_CARD, "BOUND")], ids=["own", "another"]
)
async def test_an_affiliate_earns_nothing_with_a_customer_who_has_their_card(
    services: Services, card: str, state: str
) -> None:
    affiliate = await make_affiliate(await take_trial(services, "zoe", CARD))
    customer = await make_person("otto", TierCode.FREE)
    referral = await bind(customer, affiliate)

    await take_trial_of(services, customer, "otto", card)

    found = await get_referral(referral.id)
    assert (found.state, found.reason) == (state, "SAME_CARD" if state == "REFUSED" else "")


async def test_every_person_with_a_card_of_their_own_has_a_trial(services: Services) -> None:
    people = [
        await take_trial(services, name, card)
        for name, card in (("zoe", CARD), ("otto", OTHER_CARD), ("una", THIRD_CARD))
    ]

    await advance(services, 14.1)

    assert [await tier_of(person) for person in people] == ["PRO"] * 3
    assert await count("invoice_payment", "gross = 2900") == 3


@pytest.mark.parametrize("where", ["customer", "subscription"])
async def test_a_card_that_is_added_later_counts_too(
    services: Services, stripe_side: StripeSide, where: str
) -> None:
    await take_trial(services, "zoe", CARD)
    second = await take_trial(services, "otto")
    assert await tier_of(second) == "PRO"

    await add_card(services, stripe_side, second, SAVED, where)

    await require_refused(services, second)


@pytest.mark.parametrize("where", ["customer", "subscription"])
async def test_a_card_of_its_own_that_is_added_later_is_charged_at_the_end(
    services: Services, stripe_side: StripeSide, where: str
) -> None:
    await take_trial(services, "zoe", CARD)
    second = await take_trial(services, "otto")

    await add_card(services, stripe_side, second, SAVED_OTHER, where)
    await advance(services, 14.1)

    assert (await get_plan(second)).status is SubscriptionStatus.ACTIVE
    assert await count("invoice_payment", "account = $1", second.actor.account_id) == 1


async def test_ones_own_card_on_the_same_trial_does_not_count(
    services: Services, stripe_side: StripeSide
) -> None:
    person = await take_trial(services, "zoe", CARD)

    for card in (SAVED_OTHER, SAVED):
        await add_card(services, stripe_side, person, card, "customer")
        await add_card(services, stripe_side, person, card, "subscription")

    assert (await get_plan(person)).status is SubscriptionStatus.TRIALING
    assert "TRIAL_REFUSED" not in await mails_to(person.email)


async def test_the_first_trial_counts_after_it_has_ended_too(services: Services) -> None:
    await take_trial(services, "zoe", CARD)
    for _ in range(3):
        await advance(services, 20)

    await require_refused(services, await take_trial(services, "otto", CARD))


async def test_whoever_was_refused_may_start_without_a_trial_and_pays_with_that_card(
    services: Services,
) -> None:
    await take_trial(services, "zoe", CARD)
    person = await take_trial(services, "otto", CARD)
    assert person.actor.account_id is not None
    assert not await is_trial_due(person.actor.account_id)

    paid = await start(services, person.actor, TierCode.STARTER, trial=True, key="otto-2")
    await complete(services, paid, CARD)

    assert paid.trial_days == 0
    assert await tier_of(person) == "STARTER"
    assert await count("invoice_payment", "gross = 900") == 1


async def test_a_card_that_paid_without_a_trial_has_had_none(services: Services) -> None:
    payer = await make_person("zoe", TierCode.FREE)
    await complete(services, await start(services, payer.actor), CARD)

    person = await take_trial(services, "otto", CARD)

    assert (await get_plan(person)).status is SubscriptionStatus.TRIALING


async def test_only_a_hash_of_the_card_is_stored(
    services: Services, stripe_side: StripeSide
) -> None:
    person = await take_trial(services, "zoe", CARD)
    subscription = await stripe_side.get(
        f"/v1/subscriptions/{(await get_plan(person)).stripe_subscription_id}"
    )
    method = await stripe_side.get(f"/v1/payment_methods/{subscription['default_payment_method']}")

    assert method["card"]["fingerprint"]
    where = "octet_length(card_hash) = 32 AND trial_card::text NOT LIKE '%' || $1 || '%'"
    assert await count("trial_card", where, method["card"]["fingerprint"]) == 1


async def test_lost_webhooks_are_made_good_by_polling_and_the_mail_goes_once(
    services: Services, stripe_side: StripeSide
) -> None:
    await take_trial(services, "zoe", CARD)
    person = await take_trial(services, "otto", CARD)

    for _ in range(3):
        await catch_up(services)

    await require_refused(services, person)


@pytest.mark.parametrize("email", ["", "other@example.test"], ids=["same", "other-address"])
async def test_two_pages_of_one_owner_opened_before_either_is_completed_give_one_trial(
    services: Services, email: str
) -> None:
    first = await make_person("zoe", TierCode.FREE)
    company = await create_account(first.user_id, "Zoe & Co", "COMPANY")
    actor = await find_actor(first.token, "127.0.0.1", company)
    assert actor is not None
    second = Person(actor, first.token, email or first.email)
    pages = [await start(services, each.actor, trial=True) for each in (first, second)]

    await complete(services, pages[0], CARD)
    if email:
        await db.execute("UPDATE app_user SET email = $2 WHERE id = $1", first.user_id, email)
    await complete(services, pages[1], OTHER_CARD)

    assert [page.trial_days for page in pages] == [14, 14]
    assert (await get_plan(first)).status is SubscriptionStatus.TRIALING
    await require_refused(services, second)
    assert (await mails_to(first.email)).count("PLAN_STARTED") == 1
    assert await tier_of(first) == "STARTER"


async def test_a_trial_that_goes_on_is_asked_about_only_when_it_begins(services: Services) -> None:
    person = await take_trial(services, "zoe", CARD)
    plan = await get_plan(person)
    await db.execute("UPDATE app_user SET email = 'new@example.test' WHERE id = $1", person.user_id)

    for _ in range(2):
        assert await follow_subscription(services.subscriptions, plan.stripe_subscription_id)
    await catch_up(services)

    assert (await get_plan(person)).refusal_code is None
    assert await count("operation", "kind = 'TRIAL_REFUSAL'") == 0
