"""kill -9 of the web process at each point of a plan change: charged once, and never lost.

reliability: F2. As for a purchase: the points are named in the code by chenu.core.crash_points.
"""

import asyncio
from uuid import uuid4

import httpx
import pytest

from chenu.billing.recurring import SubscriptionKind
from chenu.tiers.catalogue import TierCode
from tests.faults.counts import runs
from tests.faults.plan_changes import ChangeMutation, Subscriber, pay_for, settle
from tests.faults.stand import Stand, require_books
from tests.flows.plans import start
from tests.people import make_person

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

UPGRADE = {
    "1-before-T1": "plan_change.before_intent",
    "2-after-T1": "plan_change.after_intent",
    "3-before-the-stripe-call": "SUBSCRIPTION_CHANGE.before_call",
    "5-answer-read-state-unsaved": "SUBSCRIPTION_CHANGE.after_call",
    "5b-inside-saving-the-state": "SUBSCRIPTION_CHANGE.inside_settle",
    "6-state-saved": "SUBSCRIPTION_CHANGE.after_settle",
    "6b-before-answer": "plan_change.before_answer",
    "7-webhook-received-unstored": "webhook.received",
    "8-stored-not-acknowledged": "webhook.stored",
}
DOWNGRADE = {
    "1-before-T1": "plan_change.before_intent",
    "2-after-T1": "plan_change.after_intent",
    "3-before-the-stripe-call": "SUBSCRIPTION_SCHEDULE.before_call",
    "5-answer-read-state-unsaved": "SUBSCRIPTION_SCHEDULE.after_call",
    "5b-inside-saving-the-state": "SUBSCRIPTION_SCHEDULE.inside_settle",
    "6-state-saved": "SUBSCRIPTION_SCHEDULE.after_settle",
    "7-webhook-received-unstored": "webhook.received",
}
CHANGE = ChangeMutation(SubscriptionKind.TIER, "subscriptionChange", "tier")


async def subscribe(stand: Stand) -> Subscriber:
    """With a paid PRO."""
    person = await make_person(f"s{uuid4().hex[:12]}", TierCode.FREE)
    order = await start(stand.services, person.actor, TierCode.PRO, key=uuid4().hex)
    return await pay_for(stand, person, order, CHANGE)


@pytest.mark.parametrize("point", UPGRADE.values(), ids=UPGRADE.keys())
async def test_an_upgrade_survives_a_kill(stand: Stand, point: str) -> None:
    for _ in range(runs(2)):
        subscriber = await subscribe(stand)
        deaths = stand.web.deaths
        stand.web.arm(point)

        await subscriber.change_until_done("BUSINESS")
        await settle(stand)

        await stand.web.require_one_death_since(deaths)
        assert (await subscriber.plan()).item == "BUSINESS"
        assert len(await subscriber.charges()) == 2
        await require_books(stand)


@pytest.mark.parametrize("point", DOWNGRADE.values(), ids=DOWNGRADE.keys())
async def test_a_downgrade_survives_a_kill(stand: Stand, point: str) -> None:
    for _ in range(runs(2)):
        subscriber = await subscribe(stand)
        schedules = await stand.stripe.made("subscription_schedule")
        deaths = stand.web.deaths
        stand.web.arm(point)

        await subscriber.change_until_done("STARTER")
        await settle(stand)

        await stand.web.require_one_death_since(deaths)
        plan = await subscriber.plan()
        assert (plan.item, plan.scheduled_item) == ("PRO", "STARTER")
        assert await stand.stripe.made("subscription_schedule") == schedules + 1
        assert await subscriber.charges() == [2900]
        await require_books(stand)


async def test_4_stripe_changed_the_plan_answer_unread(stand: Stand) -> None:
    """The process is killed from outside, while Stripe has charged and says nothing."""
    for _ in range(runs(2)):
        subscriber = await subscribe(stand)
        made = await stand.stripe.made("charge")
        await stand.stripe.fail("timeout_after", "/v1/subscriptions/*", method="POST")
        first = asyncio.create_task(subscriber.change("BUSINESS"))

        await stand.stripe.wait_made("charge", made + 1)
        stand.web.kill()
        with pytest.raises(httpx.HTTPError):
            await first
        await subscriber.change_until_done("BUSINESS")
        await settle(stand)

        assert (await subscriber.plan()).item == "BUSINESS"
        assert len(await subscriber.charges()) == 2
        await require_books(stand)
