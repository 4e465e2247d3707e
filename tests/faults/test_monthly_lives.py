"""Lives of monthly agents whose events come in any order, doubled, and up to 72 hours late: the end
is the same as in a model, and every paid invoice is split and transferred once.

reliability: F5.
"""

import random
from datetime import UTC, datetime

import pytest

from chenu.agents.purchases import PurchaseRow, get_purchase
from chenu.agents.rows import AgentRow
from chenu.core.clock import business_now
from chenu.flows.invariants import check_everything
from chenu.flows.services import Services
from tests.faults.counts import seeds
from tests.faults.life_acts import Acts, Life
from tests.faults.plan_model import PlanModel
from tests.faults.test_shuffled_lives import ACTS, DAYS, Post, live, make_card
from tests.flows.monthly import is_usable, payments_of, subscription_of
from tests.flows.plans import put_plans
from tests.flows.sales import pay_for, start_buying, work_off
from tests.people import make_creator, make_person, make_published_agent
from tests.stripe_side import StripeSide

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

LIVES = 60
AT_ONCE = 10
ACTIONS = ("cancel at end", "resume", "cancel now", "pause", "go on", "card fails", "card works")
EVER = datetime(2000, 1, 1, tzinfo=UTC)


async def begin(
    services: Services, agent: AgentRow, chance: random.Random, number: int
) -> tuple[Life, PurchaseRow]:
    buyer = await make_person(f"life{number}")
    purchase = await start_buying(services, buyer, agent, f"life-{number}")
    assert await pay_for(purchase, make_card(number)) == 303
    actions = {day: chance.choice(ACTIONS) for day in chance.sample(DAYS, ACTS)}
    model = PlanModel(business_now(), has_trial=False, has_card=True)
    return Life(buyer, model, actions), purchase


async def outcome_of(purchase: PurchaseRow) -> tuple[str, bool, int]:
    row = await subscription_of(purchase)
    return str(row.status), await is_usable(purchase), len(await payments_of(purchase))


def expected(model: PlanModel) -> tuple[str, bool, int]:
    return model.status, model.tier_shown != "FREE", len(model.charges)


@pytest.mark.parametrize("seed", seeds(LIVES // AT_ONCE))
async def test_whatever_happens_to_the_events_the_end_is_the_models(
    services: Services, stripe_side: StripeSide, seed: int
) -> None:
    await stripe_side.reset()
    creator, _ = await make_creator(services)
    agent = await make_published_agent(services, creator, price=900, is_monthly=True)
    await put_plans(services)  # what happens from outside looks for their prices
    chance = random.Random(seed)
    post = Post(services, stripe_side, chance)
    acts = Acts(services, stripe_side, creator)
    begun = [await begin(services, agent, chance, number) for number in range(1, AT_ONCE + 1)]

    await live(acts, [life for life, _ in begun], post)
    await work_off(services)

    for life, purchase in begun:
        assert await outcome_of(purchase) == expected(life.model), (life.model, life.done)
        assert all(each.stripe_transfer_id for each in await payments_of(purchase))
        assert (await get_purchase(purchase.id)).paid_at is not None
    findings = await check_everything(services, EVER)
    assert [finding for finding in findings if not finding.ok] == []
