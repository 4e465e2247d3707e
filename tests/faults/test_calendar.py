"""Periods at month ends, on leap days, when the clocks change, and with clocks that differ.

reliability: F11.
"""

import random
from datetime import UTC, datetime, timedelta

import pytest

from chenu.billing.recurring import BillingInterval
from chenu.billing.subscriptions import SubscriptionRow
from chenu.core.clock import CLOCK, business_now
from chenu.flows.services import Services
from tests.faults.counts import seeds
from tests.faults.plan_model import add_months
from tests.flows.plans import catch_up, complete, open_plans, plan_of, start, tier_of
from tests.people import Person
from tests.rows import count
from tests.stripe_side import StripeSide

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

CASES = {
    "31, 28, 31": ("2027-01-31T09:30", BillingInterval.MONTH, 3),
    "30, 28, 30": ("2027-01-30T23:59", BillingInterval.MONTH, 2),
    "into a leap day": ("2028-01-31T00:00", BillingInterval.MONTH, 2),
    "of a leap day, by the month": ("2028-02-29T12:00", BillingInterval.MONTH, 2),
    "of a leap day, by the year": ("2028-02-29T12:00", BillingInterval.YEAR, 2),
    "30 days, 31 days": ("2027-08-31T06:00", BillingInterval.MONTH, 3),
    "summer time begins": ("2027-02-28T01:30", BillingInterval.MONTH, 2),
    "summer time ends": ("2027-09-30T22:30", BillingInterval.MONTH, 2),
    "over the new year": ("2027-11-30T23:30", BillingInterval.MONTH, 3),
}
SKEWS = timedelta(minutes=10)


async def move_to(stripe: StripeSide, moment: datetime, skew: timedelta) -> None:
    """Stripe's clock to the moment, ours to where it believes that to be."""
    now = business_now() - skew
    await stripe.advance(int((moment - now).total_seconds()))
    CLOCK.move_to_offset(CLOCK.offset + (moment - now))


async def get_plan(person: Person) -> SubscriptionRow:
    plan = await plan_of(person)
    assert plan is not None
    return plan


@pytest.mark.parametrize("seed", seeds(5))
@pytest.mark.parametrize(("began", "interval", "renewals"), CASES.values(), ids=CASES.keys())
async def test_periods_are_those_of_the_calendar(
    services: Services,
    stripe_side: StripeSide,
    began: str,
    interval: BillingInterval,
    renewals: int,
    seed: int,
) -> None:
    await stripe_side.reset()
    skew = SKEWS * random.Random(f"{seed}{began}").uniform(-1, 1)
    person = await open_plans(services)
    CLOCK.move_to_offset(CLOCK.offset + skew)
    await move_to(stripe_side, datetime.fromisoformat(began).replace(tzinfo=UTC), skew)
    await complete(services, await start(services, person.actor, interval=interval))
    anchor = (await get_plan(person)).period_start
    months = 12 if interval is BillingInterval.YEAR else 1

    for renewal in range(renewals + 1):
        start_, end = (add_months(anchor, months * (renewal + one)) for one in (0, 1))
        plan = await get_plan(person)
        assert (plan.period_start, plan.period_end) == (start_, end), skew
        assert await count("invoice_payment") == renewal + 1, skew
        assert await tier_of(person) == "STARTER"
        await move_to(stripe_side, end + timedelta(hours=2), skew)
        await catch_up(services)
