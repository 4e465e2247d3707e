"""A refund of a pack leaves the month of the plan paid; those of plans: test_unpaid_budgets.py."""

import pytest

from chenu.core.money import Cents
from chenu.flows.packs.refunds import RefundPackInput, refund_own_pack
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from chenu.tokens.pack_orders import PackOrderRow
from tests.flows.packs import buy, return_at_stripe
from tests.flows.plans import catch_up, open_paid_plan, put_plans
from tests.people import Person
from tests.rows import count
from tests.stripe_side import StripeSide

UNPAID = "unpaid_share > 0"


@pytest.fixture
async def buyer(services: Services, stripe_side: StripeSide) -> Person:
    """PRO, paid, by the month."""
    await stripe_side.reset()
    person = await open_paid_plan(services, TierCode.PRO)
    await put_plans(services, "pack_")
    return person


async def refund_pack(
    services: Services, stripe_side: StripeSide, buyer: Person, order: PackOrderRow, how: str
) -> None:
    if how == "by the buyer":
        data = RefundPackInput(order.id, Cents(900))
        await refund_own_pack(services, buyer.actor, data, "back")
    else:
        await return_at_stripe(stripe_side, order, 900)
    await catch_up(services)


@pytest.mark.parametrize("how", ["by the buyer", "at Stripe"])
async def test_a_refunded_pack_leaves_the_month_of_the_plan_paid(
    services: Services, stripe_side: StripeSide, buyer: Person, how: str
) -> None:
    order = await buy(services, buyer.actor)

    await refund_pack(services, stripe_side, buyer, order, how)

    assert await count("invoice_refund") == 1
    assert await count("token_budget_period", "source = 'PLAN'") == 1
    assert await count("token_budget_period", UNPAID) == 0
