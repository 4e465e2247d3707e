"""That the payment of a renewal failed is recorded, once, for the share that is recovered."""

from chenu.analytics.metrics import get_metrics
from chenu.analytics.model import Metric
from chenu.core.clock import business_now
from chenu.flows.services import Services
from tests.flows.plans import advance, open_paid_plan, pay_with, plan_of
from tests.rows import count
from tests.stripe_side import StripeSide

FAILED = "failed_at IS NOT NULL"


async def test_a_failure_that_is_paid_later_is_recovered(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    person = await open_paid_plan(services)
    plan = await plan_of(person)
    assert plan is not None
    await pay_with(stripe_side, plan, "pm_card_chargeCustomerFail")
    await advance(services, 31.1)
    assert await count("invoice", f"{FAILED} AND paid_at IS NULL") == 1

    await pay_with(stripe_side, plan, "pm_card_visa")
    await advance(services, 3.1)

    assert await count("invoice", f"{FAILED} AND paid_at > failed_at") == 1
    assert await count("invoice", FAILED) == 1
    assert (await get_metrics(business_now().date()))[Metric.PAYMENT_RECOVERY] == 10_000


async def test_a_failure_that_ends_the_plan_is_not(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    person = await open_paid_plan(services)
    plan = await plan_of(person)
    assert plan is not None
    await pay_with(stripe_side, plan, "pm_card_chargeCustomerFail")

    await advance(services, 31.1)
    undecided = (await get_metrics(business_now().date()))[Metric.PAYMENT_RECOVERY]
    await advance(services, 9)

    assert undecided is None
    assert await plan_of(person) is None or not (await plan_of(person)).is_live  # type: ignore[union-attr]
    assert (await get_metrics(business_now().date()))[Metric.PAYMENT_RECOVERY] == 0
