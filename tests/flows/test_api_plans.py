"""An API plan's life: started beside a tier, renewed, changed, cancelled, unpaid, ended."""

import pytest

from chenu.accounts.entitlements import find_entitlements
from chenu.billing.recurring import SubscriptionStatus
from chenu.billing.subscription_orders import OrderStatus, get_order
from chenu.core.errors import Invalid, InvalidState
from chenu.flows.api_plans.change import cancel_api_plan, resume_api_plan
from chenu.flows.invariants import check_everything
from chenu.flows.services import Services
from chenu.metering.plans import ApiPlanCode
from chenu.tiers.catalogue import EntitlementSource, Feature, TierCode
from tests.flows.api_plans import (
    BASIC,
    PRO,
    api_plan_of,
    change_api,
    code_of,
    open_api_plans,
    open_paid_api_plan,
    start_api,
)
from tests.flows.plans import (
    advance,
    complete,
    pay_with,
    plan_of,
    put_plans,
    start,
    tier_of,
)
from tests.flows.test_plans import EVER
from tests.people import Person, sign_in_again
from tests.rows import count
from tests.stripe_side import StripeSide


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_api_plans(services)


@pytest.fixture
async def payer(services: Services, stripe_side: StripeSide) -> Person:
    """With BASIC, just paid."""
    await stripe_side.reset()
    return await open_paid_api_plan(services)


async def require_true_books(services: Services) -> None:
    findings = await check_everything(services, EVER)
    assert [finding for finding in findings if not finding.ok] == []


async def test_a_paid_start_gives_the_plan_and_books_the_charge(
    services: Services, person: Person
) -> None:
    order = await start_api(services, person.actor)
    before = await code_of(person)

    assert (await complete(services, order)).status_code == 303

    plan = await api_plan_of(person)
    assert (before, await code_of(person)) == (ApiPlanCode.FREE, BASIC)
    assert (plan.item, plan.status, plan.price) == ("BASIC", SubscriptionStatus.ACTIVE, 4900)
    assert (await get_order(order.id)).status is OrderStatus.COMPLETED
    assert await tier_of(person) == "FREE"
    assert await count("ledger_transaction", "kind = 'API_PLAN_PAYMENT'") == 1
    assert await count("invoice_payment", "gross = 4900") == 1
    assert await count("outbox_mail", "params->>'plan' = 'API Basic'") == 1
    await require_true_books(services)


async def test_a_paid_plan_gives_api_access_to_any_tier(services: Services, payer: Person) -> None:
    found = await find_entitlements(payer.actor.account_id)
    again = await sign_in_again(payer.user_id, payer.email)

    assert found is not None
    granted = found.grant(Feature.API_ACCESS)
    assert (granted.enabled, granted.source) == (True, EntitlementSource.API_PLAN)
    assert again.actor.entitlements.grant(Feature.API_ACCESS) == granted
    assert again.actor.api_plan is BASIC


async def test_a_declined_card_gives_nothing(services: Services, person: Person) -> None:
    order = await start_api(services, person.actor)

    declined = await complete(services, order, "4000000000000002")

    assert declined.status_code == 402
    assert await code_of(person) is ApiPlanCode.FREE
    assert (await get_order(order.id)).is_pending


@pytest.mark.parametrize(
    ("code", "words"),
    [(ApiPlanCode.FREE, "needs no start"), (ApiPlanCode.ENTERPRISE, "/enterprise")],
)
async def test_what_is_not_sold_here_is_refused_with_a_way(
    services: Services, person: Person, code: ApiPlanCode, words: str
) -> None:
    with pytest.raises(Invalid, match=words) as refusal:
        await start_api(services, person.actor, code)

    assert refusal.value.path == ("plan",)
    assert await count("subscription_order") == 0


async def test_an_account_with_an_api_plan_starts_no_second_one(
    services: Services, payer: Person
) -> None:
    with pytest.raises(InvalidState, match="change that one instead"):
        await start_api(services, payer.actor, PRO, key="api-plan-2")


async def test_a_page_for_another_plan_closes_the_first(services: Services, person: Person) -> None:
    first = await start_api(services, person.actor)
    again = await start_api(services, person.actor, key="api-plan-2")

    second = await start_api(services, person.actor, PRO, key="api-plan-3")

    assert again.id == first.id
    assert (await get_order(first.id)).status is OrderStatus.CANCELED
    assert (await complete(services, first)).status_code != 303
    await complete(services, second)
    assert await code_of(person) is PRO


async def test_tier_and_api_plan_are_two_subscriptions_that_do_not_touch(
    services: Services, payer: Person
) -> None:
    await put_plans(services)
    await complete(services, await start(services, payer.actor, TierCode.STARTER))
    await cancel_api_plan(services, payer.actor, "leave")

    await advance(services, 31.1)

    tier = await plan_of(payer)
    assert tier is not None
    assert (tier.item, tier.is_live) == ("STARTER", True)
    assert (await tier_of(payer), await code_of(payer)) == ("STARTER", ApiPlanCode.FREE)
    assert not (await api_plan_of(payer)).is_live
    await require_true_books(services)


async def test_a_cancelled_plan_stays_until_its_end_and_can_be_taken_up_again(
    services: Services, payer: Person
) -> None:
    canceled = await cancel_api_plan(services, payer.actor, "leave-1")
    again = await cancel_api_plan(services, payer.actor, "leave-1")
    resumed = await resume_api_plan(services, payer.actor, "back-1")
    await cancel_api_plan(services, payer.actor, "leave-2")

    assert (canceled.cancel_at_period_end, again.cancel_at_period_end) == (True, True)
    assert not resumed.cancel_at_period_end
    assert await code_of(payer) is BASIC
    await advance(services, 31.1)
    assert await code_of(payer) is ApiPlanCode.FREE
    with pytest.raises(InvalidState, match="no paid API plan"):
        await resume_api_plan(services, payer.actor, "back-2")
    assert await count("outbox_mail", "kind = 'PLAN_ENDED'") == 1


async def test_an_upgrade_is_paid_pro_rata_and_holds_at_once(
    services: Services, payer: Person
) -> None:
    await advance(services, 15)

    changed = await change_api(services, payer.actor, PRO)

    assert (changed.item, await code_of(payer)) == ("PRO", PRO)
    assert await count("invoice_payment", "gross BETWEEN 11000 AND 14000") == 1
    assert await count("outbox_mail", "kind = 'PLAN_CHANGED'") == 1
    await require_true_books(services)


async def test_an_upgrade_that_the_bank_wants_confirmed_waits_for_its_payment(
    services: Services, payer: Person, stripe_side: StripeSide
) -> None:
    await pay_with(stripe_side, await api_plan_of(payer), "pm_card_authenticationRequired")

    waiting = await change_api(services, payer.actor, PRO)

    assert (waiting.item, waiting.pending_item) == ("BASIC", "PRO")
    assert waiting.pending_payment_url is not None
    assert await code_of(payer) is BASIC


async def test_a_downgrade_holds_from_the_next_period_on(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    payer = await open_paid_api_plan(services, PRO)

    scheduled = await change_api(services, payer.actor, BASIC)

    assert (scheduled.item, scheduled.scheduled_item) == ("PRO", "BASIC")
    assert await code_of(payer) is PRO
    await advance(services, 31.1)
    assert await code_of(payer) is BASIC
    assert await count("invoice_payment", "gross = 4900") == 1
    await require_true_books(services)


async def test_access_stays_through_dunning_and_ends_with_its_last_try(
    services: Services, payer: Person, stripe_side: StripeSide
) -> None:
    await pay_with(stripe_side, await api_plan_of(payer), "pm_card_chargeCustomerFail")

    await advance(services, 31.1)

    assert (await api_plan_of(payer)).status is SubscriptionStatus.PAST_DUE
    assert await code_of(payer) is BASIC
    assert await count("outbox_mail", "kind = 'PAYMENT_FAILED'") > 0
    await advance(services, 9)
    assert not (await api_plan_of(payer)).is_live
    assert await code_of(payer) is ApiPlanCode.FREE
    assert await count("outbox_mail", "kind = 'PLAN_ENDED'") == 1
    await require_true_books(services)
