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


async def change_card(side: StripeSide, person: Person, card: str) -> None:
    """Of the person's plan, by a payment method that is attached and made the default."""
    plan = await plan_of(person)
    assert plan is not None
    path = f"/v1/subscriptions/{plan.stripe_subscription_id}"
    customer_id = (await side.get(path))["customer"]
    await side.change(path, default_payment_method=await side.save_card(customer_id, card))


@pytest.mark.parametrize("is_default_of", ["plan", "customer"])
async def test_an_affiliate_who_pays_with_a_customers_card_later_is_the_customer(
    services: Services, stripe_side: StripeSide, is_default_of: str
) -> None:
    """Of all customers who have paid with it; others count on."""
    owner, affiliate_of = await make_person("zoe", TierCode.FREE), {}
    affiliate = await make_affiliate(owner)
    for name, card in (("otto", CARD), ("anna", CARD), ("emil", OTHER_CARD)):
        customer = await make_person(name)
        affiliate_of[name] = await bind(customer, affiliate)
        await begin(services, customer, card)
    await begin(services, owner, "4242424242424267")
    before = [(await get_referral(each.id)).state for each in affiliate_of.values()]

    await change_card(stripe_side, owner, SAVED)
    await catch_up(services)

    after = [(await get_referral(each.id)).reason for each in affiliate_of.values()]
    assert before == [ReferralState.BOUND] * 3
    assert after == ["SAME_CARD", "SAME_CARD", ""]
    assert await count("commission", "status = 'HELD'") == 2


async def test_a_card_that_the_customer_does_not_use_any_more_is_compared_too(
    services: Services, stripe_side: StripeSide
) -> None:
    owner, customer = await make_person("zoe", TierCode.FREE), await make_person("otto")
    referral = await bind(customer, await make_affiliate(owner))
    await begin(services, customer, CARD)
    await change_card(stripe_side, customer, "pm_card_mastercard")
    await catch_up(services)
    counted = (await get_referral(referral.id)).state

    await begin(services, owner, CARD)

    assert counted is ReferralState.BOUND
    assert (await get_referral(referral.id)).state is ReferralState.REFUSED
    assert await count("referral_card") == 2
