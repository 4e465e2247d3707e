"""A trial that is not due, and that Stripe refused to end."""

import pytest

from chenu.accounts.sessions import find_actor
from chenu.accounts.users import create_account
from chenu.billing.recurring import SubscriptionStatus
from chenu.flows.operations.decisions import give_up_operation, retry_operation
from chenu.flows.services import Services
from chenu.ledger.operations import OperationKind, OperationRow, find_last
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import CARD, catch_up, complete, put_plans, start, tier_of
from tests.flows.test_trial_cards import OTHER_CARD, get_plan, require_refused, take_trial
from tests.people import Person, make_person
from tests.rows import count
from tests.stripe_side import StripeSide


@pytest.fixture(autouse=True)
async def plans(services: Services, stripe_side: StripeSide) -> None:
    await stripe_side.reset()
    await put_plans(services)


async def keep_from_ending(stripe_side: StripeSide) -> None:
    refusing = {"method": "DELETE", "code": "resource_busy", "times": None}
    await stripe_side.fail("card_error", "/v1/subscriptions/*", **refusing)


async def fail_to_end(services: Services, stripe_side: StripeSide) -> tuple[Person, OperationRow]:
    """Whose card was in another trial, and the operation that did not end theirs."""
    await take_trial(services, "zoe", CARD)
    await keep_from_ending(stripe_side)
    person = await take_trial(services, "noa", CARD)
    await stripe_side.heal()
    plan = await get_plan(person)
    key = f"refuse-trial:{plan.stripe_subscription_id}"
    refusal = await find_last((OperationKind.TRIAL_REFUSAL,), plan.id, key)
    assert refusal is not None
    return person, refusal


async def touch(services: Services, stripe_side: StripeSide, person: Person) -> None:
    """Stripe tells of the subscription once more."""
    stripe_id = (await get_plan(person)).stripe_subscription_id
    await stripe_side.change(f"/v1/subscriptions/{stripe_id}", **{"metadata[seen]": "yes"})
    await catch_up(services)


@pytest.mark.parametrize("why", ["card", "owner"])
async def test_a_trial_that_stripe_would_not_end_is_ended_when_it_is_heard_of_again(
    services: Services, stripe_side: StripeSide, why: str
) -> None:
    first = await make_person("zoe", TierCode.FREE)
    person, card = await make_person("noa", TierCode.FREE), CARD
    if why == "owner":
        company = await create_account(first.user_id, "Zoe & Co", "COMPANY")
        actor = await find_actor(first.token, "127.0.0.1", company)
        assert actor is not None
        person, card = Person(actor, first.token, first.email), OTHER_CARD
    pages = [await start(services, each.actor, trial=True) for each in (first, person)]
    await complete(services, pages[0], CARD)
    await keep_from_ending(stripe_side)
    await complete(services, pages[1], card)
    going_on = await get_plan(person)

    await stripe_side.heal()
    await touch(services, stripe_side, person)

    assert (going_on.status, going_on.refusal_code) == (SubscriptionStatus.TRIALING, None)
    assert await count("operation", "kind = 'TRIAL_REFUSAL' AND state = 'FAILED'") >= 1
    await require_refused(services, person)


async def test_a_trial_that_an_operator_lets_go_on_goes_on(
    services: Services, stripe_side: StripeSide
) -> None:
    person, refusal = await fail_to_end(services, stripe_side)

    await give_up_operation(services, person.actor, refusal.id, name="operator", reason="Goodwill")
    await touch(services, stripe_side, person)

    assert (await get_plan(person)).status is SubscriptionStatus.TRIALING
    assert (await get_plan(person)).refusal_code is None
    assert await tier_of(person) == "PRO"


async def test_an_operator_ends_it_by_another_try(
    services: Services, stripe_side: StripeSide
) -> None:
    person, refusal = await fail_to_end(services, stripe_side)

    await retry_operation(services, person.actor, refusal.id, name="operator")

    await require_refused(services, person)
