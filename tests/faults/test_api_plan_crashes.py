"""kill -9 at points of an API plan's start and of its changes: one subscription, each charge once,
the plan that was paid for.

reliability: F1, F2. As for a tier (test_plan_crashes.py, test_plan_change_crashes.py): the points
are those of the same engine.
"""

from datetime import timedelta
from itertools import count as counting
from uuid import uuid4

import pytest

from chenu.billing.recurring import SubscriptionKind
from chenu.metering.plans import ApiPlanCode
from chenu.tiers.catalogue import TierCode
from tests.faults import plan_changes
from tests.faults.counts import runs
from tests.faults.plan_changes import ChangeMutation, pay_for, settle
from tests.faults.server import Server
from tests.faults.stand import Stand, require_books
from tests.faults.test_plan_crashes import Subscriber, make_subscriber
from tests.faults.test_shuffled_lives import make_card
from tests.flows.api_plans import code_of, start_api
from tests.flows.plans import put_plans
from tests.people import make_person

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

START = """
mutation Start($input: ApiPlanStartInput!) {
  apiPlanStart(input: $input) { checkout { url } userErrors { code message } }
}
"""
_NUMBERS = counting(5_001)

STARTS = {
    "2-after-T1": ("web", "api_plan.after_intent"),
    "5-answer-read-id-unsaved": ("web", "SUBSCRIPTION_CHECKOUT.after_call"),
    "6-id-saved-before-answer": ("web", "api_plan.before_answer"),
    "8-stored-not-acknowledged": ("web", "webhook.stored"),
    "9-job-claimed-T2-not-begun": ("worker", "webhook.claimed"),
}


@pytest.mark.parametrize(("process", "point"), STARTS.values(), ids=STARTS.keys())
async def test_a_start_survives_a_kill(stand: Stand, process: str, point: str) -> None:
    await put_plans(stand.services, "api_basic")
    for _ in range(runs(2)):
        server: Server = getattr(stand, process)
        subscriber = await subscribe_to_api(stand)
        deaths = server.deaths
        server.arm(point)

        await subscriber.begin(make_card(next(_NUMBERS)))
        await subscriber.reach("FREE BASIC ACTIVE 1 1")

        await server.require_one_death_since(deaths)
        await subscriber.require_one()
        await require_books(stand)


async def subscribe_to_api(stand: Stand) -> Subscriber:
    subscriber = await make_subscriber(stand, trial=False)
    subscriber.question = "apiPlanStart", START, {"plan": "BASIC", "idempotencyKey": "one"}
    return subscriber


CHANGE = ChangeMutation(SubscriptionKind.API_PLAN, "apiPlanChange", "plan")
UPGRADE = {
    "5-answer-read-state-unsaved": "SUBSCRIPTION_CHANGE.after_call",
    "8-stored-not-acknowledged": "webhook.stored",
}


async def subscribe_paid(stand: Stand, plan: ApiPlanCode) -> plan_changes.Subscriber:
    await put_plans(stand.services, "api_")
    person = await make_person(f"s{uuid4().hex[:12]}", TierCode.FREE)
    order = await start_api(stand.services, person.actor, plan, key=uuid4().hex)
    return await pay_for(stand, person, order, CHANGE)


@pytest.mark.parametrize("point", UPGRADE.values(), ids=UPGRADE.keys())
async def test_an_upgrade_survives_a_kill(stand: Stand, point: str) -> None:
    for _ in range(runs(1)):
        subscriber = await subscribe_paid(stand, ApiPlanCode.BASIC)
        deaths = stand.web.deaths
        stand.web.arm(point)

        await subscriber.change_until_done("PRO")
        await settle(stand)

        await stand.web.require_one_death_since(deaths)
        assert (await subscriber.plan()).item == "PRO"
        assert await code_of(subscriber.person) is ApiPlanCode.PRO
        assert len(await subscriber.charges()) == 2
        await require_books(stand)


async def test_a_downgrade_survives_a_kill(stand: Stand) -> None:
    """5: Stripe's answer was read, and what it says not saved."""
    for _ in range(runs(1)):
        subscriber = await subscribe_paid(stand, ApiPlanCode.PRO)
        schedules = await stand.stripe.made("subscription_schedule")
        deaths = stand.web.deaths
        stand.web.arm("SUBSCRIPTION_SCHEDULE.after_call")

        await subscriber.change_until_done("BASIC")
        await settle(stand)

        await stand.web.require_one_death_since(deaths)
        plan = await subscriber.plan()
        assert (plan.item, plan.scheduled_item) == ("PRO", "BASIC")
        assert await code_of(subscriber.person) is ApiPlanCode.PRO
        assert await stand.stripe.made("subscription_schedule") == schedules + 1
        assert await subscriber.charges() == [29900]
        await require_books(stand)


async def test_the_period_at_whose_end_it_becomes_smaller_survives_a_kill(stand: Stand) -> None:
    """9: the worker has claimed Stripe's news of it."""
    for _ in range(runs(1)):
        subscriber = await subscribe_paid(stand, ApiPlanCode.PRO)
        await subscriber.change_until_done("BASIC")
        await settle(stand)
        deaths = stand.worker.deaths
        stand.worker.arm("webhook.claimed")

        await stand.stripe.pass_time(timedelta(days=31, hours=2))
        await settle(stand)

        await stand.worker.require_one_death_since(deaths)
        plan = await subscriber.plan()
        assert (plan.item, plan.scheduled_item) == ("BASIC", None)
        assert await code_of(subscriber.person) is ApiPlanCode.BASIC
        assert await subscriber.charges() == [29900, 4900]
        await require_books(stand)
