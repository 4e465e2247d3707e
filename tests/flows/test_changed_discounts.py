"""Codes and changes of plan: a discount goes along where its coupon allows it, else it ends."""

from typing import Any

import pytest

from chenu.billing.coupon_rules import CouponDuration
from chenu.billing.recurring import BillingInterval, SubscriptionStatus
from chenu.billing.subscriptions import SubscriptionRow
from chenu.flows.checkout_pages import PaymentFailed
from chenu.flows.services import Services
from chenu.flows.subscriptions.change import ChangeInput, change_plan
from chenu.flows.subscriptions.preview import ChangePreview, preview_plan_change
from chenu.tiers.catalogue import TierCode
from tests.flows.coupons import make_coupon
from tests.flows.plans import (
    advance,
    catch_up,
    change,
    complete,
    open_plans,
    pay_with,
    plan_of,
    start,
)
from tests.flows.test_plans import require_true_books
from tests.people import Person
from tests.stripe_side import StripeSide

STARTER, PRO, BUSINESS = TierCode.STARTER, TierCode.PRO, TierCode.BUSINESS
MONTH, YEAR = BillingInterval.MONTH, BillingInterval.YEAR
FOREVER, REPEATING = CouponDuration.FOREVER, CouponDuration.REPEATING


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_plans(services)


async def current(person: Person) -> SubscriptionRow:
    plan = await plan_of(person)
    assert plan is not None
    return plan


async def begin(services: Services, person: Person, *, trial: bool = False, **terms: Any) -> None:
    """PRO by the month with a code."""
    await make_coupon(services, **terms)
    await complete(services, await start(services, person.actor, PRO, coupon="SAVE50", trial=trial))
    assert (await current(person)).discount_code == "SAVE50"


async def preview(
    services: Services, person: Person, tier: TierCode, interval: BillingInterval
) -> ChangePreview:
    return await preview_plan_change(services, person.actor, tier, interval)


async def test_a_code_by_the_month_ends_when_the_year_is_paid(
    services: Services, person: Person
) -> None:
    """290.00 for the year, less the half of 29.00 that was paid for the month."""
    await begin(services, person, duration=REPEATING, duration_in_months=3)

    shown = await preview(services, person, PRO, YEAR)
    wanted = ChangeInput(PRO, YEAR, shown.proration_date, shown.due_now)
    changed = await change_plan(services, person.actor, wanted, "change-1")

    assert (shown.ends_discount, shown.due_now) == (True, 29000 - 1450)
    assert (changed.billing_interval, changed.discount_code) == (YEAR, None)
    await catch_up(services)
    await require_true_books(services)


async def test_a_code_of_one_tier_ends_with_an_upgrade_from_it(
    services: Services, person: Person
) -> None:
    await begin(services, person, duration=FOREVER, tiers=(PRO,))

    changed = await change(services, person.actor, BUSINESS)

    assert (changed.item, changed.discount_code) == (BUSINESS, None)


async def test_a_code_for_every_plan_goes_along(services: Services, person: Person) -> None:
    await begin(services, person, duration=FOREVER)

    shown = await preview(services, person, BUSINESS, MONTH)
    changed = await change(services, person.actor, BUSINESS)

    assert not shown.ends_discount
    assert (changed.item, changed.discount_code) == (BUSINESS, "SAVE50")
    assert shown.next_invoice == 4950


async def test_a_change_that_would_end_a_discount_and_is_not_paid_changes_nothing(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await begin(services, person, duration=REPEATING, duration_in_months=3)
    await pay_with(stripe_side, await current(person), "pm_card_chargeCustomerFail")

    with pytest.raises(PaymentFailed):
        await change(services, person.actor, PRO, YEAR)

    plan = await current(person)
    assert (plan.billing_interval, plan.discount_code) == (MONTH, "SAVE50")
    assert not plan.is_payment_waiting
    await require_true_books(services)


async def test_in_a_trial_a_discount_that_ended_with_a_change_is_not_put_back(
    services: Services, person: Person
) -> None:
    await begin(services, person, trial=True)

    changed = await change(services, person.actor, PRO, YEAR)
    await catch_up(services)

    assert changed.status is SubscriptionStatus.TRIALING
    assert (await current(person)).discount_code is None


@pytest.mark.parametrize(
    ("tiers", "left"), [(None, "SAVE50"), ((PRO,), None)], ids=["every plan", "one tier"]
)
async def test_a_scheduled_downgrade_keeps_what_is_for_both_plans(
    services: Services, person: Person, tiers: tuple[TierCode, ...] | None, left: str | None
) -> None:
    await begin(services, person, duration=FOREVER, tiers=tiers)
    await change(services, person.actor, STARTER)
    assert (await current(person)).discount_code == "SAVE50"

    await advance(services, 32)

    plan = await current(person)
    assert (plan.item, plan.discount_code) == (STARTER, left)
    await require_true_books(services)
