"""Whoever pays with the affiliate's own card is the affiliate."""

import pytest

from chenu.affiliates.model import ReferralState
from chenu.affiliates.referrals import get_referral
from chenu.flows.services import Services
from chenu.tiers.catalogue import TierCode
from tests.affiliates.bound import bind, make_affiliate
from tests.flows.plans import CARD, catch_up, complete, plan_of, put_plans, start
from tests.people import Person, make_person
from tests.rows import count
from tests.stripe_side import StripeSide

OTHER_CARD = "4242424242424259"
SAVED = "pm_card_visa"
"""Stripe's name of CARD."""


@pytest.fixture(autouse=True)
async def plans(services: Services, stripe_side: StripeSide) -> None:
    await stripe_side.reset()
    await put_plans(services)


async def begin(services: Services, person: Person, card: str) -> None:
    order = await start(services, person.actor, TierCode.PRO, key=f"{person.email}-1")
    await complete(services, order, card)
    await catch_up(services)


@pytest.mark.parametrize(
    ("card", "state", "held"),
    [(CARD, ReferralState.REFUSED, 0), (OTHER_CARD, ReferralState.BOUND, 1)],
    ids=["own", "another"],
)
async def test_a_plan_paid_with_the_affiliates_card_earns_nothing(
    services: Services, card: str, state: ReferralState, held: int
) -> None:
    owner, customer = await make_person("zoe", TierCode.FREE), await make_person("otto")
    affiliate = await make_affiliate(owner)
    await begin(services, owner, CARD)
    referral = await bind(customer, affiliate)

    await begin(services, customer, card)

    assert (await get_referral(referral.id)).state is state
    assert await count("commission", "status = 'PENDING'") == held
    assert await count("commission", "status IN ('DUE', 'PAID')") == 0


async def test_a_card_that_is_added_later_counts_too(
    services: Services, stripe_side: StripeSide
) -> None:
    owner, customer = await make_person("zoe", TierCode.FREE), await make_person("otto")
    affiliate = await make_affiliate(owner)
    await begin(services, owner, CARD)
    referral = await bind(customer, affiliate)
    await begin(services, customer, OTHER_CARD)
    plan = await plan_of(customer)
    assert plan is not None
    path = f"/v1/subscriptions/{plan.stripe_subscription_id}"
    customer_id = (await stripe_side.get(path))["customer"]

    card = await stripe_side.save_card(customer_id, SAVED)
    await stripe_side.change(path, default_payment_method=card)
    await catch_up(services)

    refused = await get_referral(referral.id)
    assert (refused.state, refused.reason) == (ReferralState.REFUSED, "SAME_CARD")
    assert await count("commission", "status = 'HELD'") == 1
