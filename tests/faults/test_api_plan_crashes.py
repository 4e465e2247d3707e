"""kill -9 at points of an API plan's start: one subscription, one charge, the plan it gives.

reliability: F1, F2. As for a tier (test_plan_crashes.py): the points are those of the same engine.
"""

from itertools import count as counting

import pytest

from tests.faults.counts import runs
from tests.faults.server import Server
from tests.faults.stand import Stand, require_books
from tests.faults.test_plan_crashes import Subscriber, make_subscriber
from tests.faults.test_shuffled_lives import make_card
from tests.flows.plans import put_plans

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
