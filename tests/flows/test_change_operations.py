"""Changes of a plan whose answers were lost, that come too late, or that others made at Stripe."""

from datetime import timedelta

import pytest

from chenu.billing.recurring import BillingInterval
from chenu.billing.subscriptions import SubscriptionRow
from chenu.core.clock import business_now
from chenu.core.errors import ProviderUnavailable
from chenu.flows.services import Services
from chenu.flows.subscriptions.change import ChangeInput, change_plan
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import catch_up, change, move_to, open_paid_plan, pay_with, plan_of, tier_of
from tests.flows.test_plans import require_true_books
from tests.people import Person, pay
from tests.rows import count
from tests.stripe_side import AWAY, StripeSide

STARTER, PRO, BUSINESS = TierCode.STARTER, TierCode.PRO, TierCode.BUSINESS
MONTH = BillingInterval.MONTH
UPDATE = "/v1/subscriptions/*"


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    """Somebody with a paid PRO."""
    await stripe_side.reset()
    return await open_paid_plan(services, PRO)


async def current(person: Person) -> SubscriptionRow:
    plan = await plan_of(person)
    assert plan is not None
    return plan


@pytest.mark.parametrize(
    ("tier", "path"),
    [
        (BUSINESS, UPDATE),
        (STARTER, "/v1/subscription_schedules"),
        (STARTER, "/v1/subscription_schedules/*"),
    ],
    ids=str,
)
@pytest.mark.parametrize("effect", ["disconnect_after", AWAY])
async def test_a_lost_answer_is_asked_for_again_and_charges_once(
    services: Services,
    stripe_side: StripeSide,
    person: Person,
    tier: TierCode,
    path: str,
    effect: str,
) -> None:
    await stripe_side.fail(effect, path, method="POST", times=None)
    with pytest.raises(ProviderUnavailable):
        await change_plan(services, person.actor, ChangeInput(tier, MONTH), "change")
    await stripe_side.heal()

    await catch_up(services)
    again = await change(services, person.actor, tier, key="change")

    assert tier in (again.item, again.scheduled_item)
    assert await count("invoice_payment") == (2 if tier is BUSINESS else 1)
    assert await count("operation", "state IN ('INTENT', 'UNKNOWN')") == 0
    await require_true_books(services)


async def test_an_end_whose_answer_was_lost_has_come_about(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await stripe_side.fail("disconnect_after", UPDATE, method="DELETE", times=None)
    with pytest.raises(ProviderUnavailable):
        await cancel_plan(services, person.actor, CancelInput(at_period_end=False), "end")
    await stripe_side.heal()

    await catch_up(services)

    assert await tier_of(person) == "FREE"
    assert await count("operation", "kind = 'SUBSCRIPTION_END' AND state = 'SETTLED'") == 1
    assert await count("operation", "state NOT IN ('SETTLED', 'ABANDONED')") == 0
    await require_true_books(services)


async def test_what_stripe_never_heard_of_is_not_charged_hours_later(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await stripe_side.fail(AWAY, UPDATE, method="POST", times=None)
    with pytest.raises(ProviderUnavailable):
        await change_plan(services, person.actor, ChangeInput(BUSINESS, MONTH), "change")
    await stripe_side.heal()

    await move_to(services, business_now() + timedelta(hours=2))

    assert (await current(person)).item == "PRO"
    failed = "kind = 'SUBSCRIPTION_CHANGE' AND error_code = 'change_too_late'"
    assert await count("operation", failed) == 1
    assert await count("invoice_payment") == 1
    assert (await change(services, person.actor, BUSINESS, key="again")).item == "BUSINESS"
    await require_true_books(services)


async def test_a_change_whose_answer_was_lost_for_days_is_found_as_it_was_made(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await stripe_side.fail("disconnect_after", UPDATE, method="POST", times=None)
    with pytest.raises(ProviderUnavailable):
        await change_plan(services, person.actor, ChangeInput(BUSINESS, MONTH), "change")
    await stripe_side.heal()

    await move_to(services, business_now() + timedelta(days=2))

    assert (await current(person)).item == "BUSINESS"
    assert await count("operation", "kind = 'SUBSCRIPTION_CHANGE' AND state = 'SETTLED'") == 1
    assert await count("invoice_payment") == 2
    await require_true_books(services)


async def test_a_schedule_that_is_released_at_stripe_waits_no_more(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    plan = await change(services, person.actor, STARTER)

    await stripe_side.change(f"/v1/subscription_schedules/{plan.schedule_id}/release")
    await catch_up(services)

    after = await current(person)
    assert (after.schedule_id, after.scheduled_item, after.scheduled_at) == (None, None, None)
    assert (await change(services, person.actor, STARTER, key="2")).scheduled_item == "STARTER"


async def test_a_schedule_names_its_operation_at_stripe(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    plan = await change(services, person.actor, STARTER)

    schedule = await stripe_side.get(f"/v1/subscription_schedules/{plan.schedule_id}")

    reference = schedule["metadata"]["operation_id"]
    assert await count("operation", f"id = '{reference}' AND state = 'SETTLED'") == 1


async def test_a_plan_that_is_dropped_while_it_is_being_paid_is_not_charged_twice(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    """Its owner pays on Stripe's page, and chooses another plan before we hear of it."""
    await pay_with(stripe_side, await current(person), "pm_card_chargeCustomerFail")
    waiting = await change(services, person.actor, BUSINESS)
    assert waiting.pending_payment_url is not None
    await pay(waiting.pending_payment_url)

    lower = await change(services, person.actor, STARTER, key="lower")

    assert (lower.item, lower.scheduled_item) == ("BUSINESS", "STARTER")
    assert await tier_of(person) == "BUSINESS"
    assert await count("invoice_payment") == 2
    await require_true_books(services)


async def test_the_invoice_of_an_upgrade_is_here_as_soon_as_the_plan_has_changed(
    services: Services, person: Person
) -> None:
    await change_plan(services, person.actor, ChangeInput(BUSINESS, MONTH), "up")

    assert await count("invoice", "status = 'PAID'") == 2
    assert await count("invoice_payment") == 2
    await catch_up(services)
    await require_true_books(services)
