"""Lives of API plans whose events come in any order, doubled, and up to 72 hours late: the end is
the same as in a model, and each charge is booked once.

reliability: F5.
"""

import random
from datetime import UTC, datetime

import pytest

from chenu.accounts.actor import Staff
from chenu.core.clock import business_now
from chenu.flows.invariants import check_everything
from chenu.flows.services import Services
from chenu.metering.plans import ApiPlanCode
from chenu.tiers.catalogue import TierCode
from tests.faults.counts import seeds
from tests.faults.life_acts import Acts, Life
from tests.faults.plan_model import PlanModel
from tests.faults.test_monthly_lives import ACTIONS
from tests.faults.test_shuffled_lives import ACTS, DAYS, Post, live, make_card
from tests.flows.api_plans import api_plan_of, code_of, start_api
from tests.flows.plans import put_plans
from tests.people import Person, make_person, pay
from tests.rows import count
from tests.stripe_side import StripeSide

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

LIVES = 40
AT_ONCE = 8
EVER = datetime(2000, 1, 1, tzinfo=UTC)


async def begin(services: Services, chance: random.Random, number: int) -> Life:
    person = await make_person(f"life{number}", TierCode.FREE)
    order = await start_api(services, person.actor, key=f"life-{number}")
    assert order.checkout_url is not None
    assert (await pay(order.checkout_url, make_card(number))).status_code == 303
    actions = {day: chance.choice(ACTIONS) for day in chance.sample(DAYS, ACTS)}
    model = PlanModel(business_now(), has_trial=False, has_card=True)
    return Life(person, model, actions)


async def outcome_of(person: Person) -> tuple[str, bool, int]:
    plan = await api_plan_of(person)
    charges = await count("invoice_payment", "account = $1 AND gross = 4900", plan.account_id)
    return str(plan.status), await code_of(person) is not ApiPlanCode.FREE, charges


def expected(model: PlanModel) -> tuple[str, bool, int]:
    return model.status, model.tier_shown != "FREE", len(model.charges)


@pytest.mark.parametrize("seed", seeds(LIVES // AT_ONCE))
async def test_whatever_happens_to_the_events_the_end_is_the_models(
    services: Services, stripe_side: StripeSide, seed: int
) -> None:
    await stripe_side.reset()
    await put_plans(services, "api_basic")
    await put_plans(services)  # what happens from outside looks for their prices
    chance = random.Random(seed)
    post = Post(services, stripe_side, chance)
    acts = Acts(services, stripe_side, await make_person("clerk", staff=(Staff.SUPPORT,)))
    lives = [await begin(services, chance, number) for number in range(1, AT_ONCE + 1)]

    await live(acts, lives, post)

    for life in lives:
        assert await outcome_of(life.person) == expected(life.model), (life.model, life.done)
    findings = await check_everything(services, EVER)
    assert [finding for finding in findings if not finding.ok] == []
