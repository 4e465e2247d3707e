"""Budgets of tokens through the whole life of a plan, as Stripe tells of it."""

from datetime import timedelta

import pytest

from chenu.accounts.actor import AccountId, Staff
from chenu.accounts.budget_dates import mark_budget_due
from chenu.billing.recurring import BillingInterval
from chenu.core.clock import business_now
from chenu.flows.budgets.due import settle_due_budgets
from chenu.flows.services import Services
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan
from chenu.flows.subscriptions.contracts import end_contract, enter_contract
from chenu.flows.withdrawals.declare import declare_own
from chenu.tiers.catalogue import TierCode
from chenu.tokens.budgets import settle_budget
from chenu.tokens.wallet import get_wallet
from tests.contracts import contract_of_days
from tests.flows.plans import (
    advance,
    catch_up,
    change,
    complete,
    move_clocks,
    move_to,
    open_plans,
    pay_with,
    plan_of,
    start,
    tier_of,
)
from tests.flows.test_plan_refunds import FAILS as REFUND_FAILS
from tests.flows.test_plans import require_true_books
from tests.people import Person, make_person
from tests.rows import count
from tests.stripe_side import StripeSide
from tests.tokens.granting import get_monthly_budget, spend

MONTH, YEAR = BillingInterval.MONTH, BillingInterval.YEAR
STARTER, PRO = TierCode.STARTER, TierCode.PRO


def account_of(person: Person) -> AccountId:
    assert person.actor.account_id is not None
    return person.actor.account_id


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    """On FREE, two days into the budget of the first month, which is spent before a plan's."""
    await stripe_side.reset()
    found = await open_plans(services)
    await mark_budget_due(account_of(found))
    await settle_due_budgets()
    await move_clocks(services, 2)
    return found


async def available(person: Person) -> int | None:
    return (await get_wallet(account_of(person))).available


async def budget_of(person: Person) -> int | None:
    return (await get_monthly_budget(account_of(person))).budget


async def end_of(person: Person) -> timedelta:
    plan = await plan_of(person)
    assert plan is not None
    return plan.period_end - business_now()


async def test_a_trial_with_a_card_becomes_a_plan_s_budget(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor, PRO, trial=True))
    assert (await available(person), await budget_of(person)) == (25_500, 25_000)
    await spend(account_of(person), 2_000)

    await advance(services, 14.2)
    await catch_up(services)

    assert (await available(person), await budget_of(person)) == (25_500, 25_000)
    await require_true_books(services)


async def test_a_trial_without_a_card_leaves_the_free_budget(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor, PRO, trial=True), "")

    await advance(services, 14.2)

    assert (await available(person), await budget_of(person)) == (500, 500)
    assert await count("token_grant") == 2
    await require_true_books(services)


async def test_each_renewal_grants_one_budget(services: Services, person: Person) -> None:
    await complete(services, await start(services, person.actor, PRO))

    for _ in range(2):
        await move_to(services, business_now() + await end_of(person) + timedelta(minutes=2))
        assert await available(person) == 25_000
        await advance(services, 0.1)  # Stripe charges an hour after the period began

    assert await count("token_grant", "granted = 25000") == 3
    await require_true_books(services)


async def test_a_yearly_plan_has_a_budget_each_month(services: Services, person: Person) -> None:
    await complete(services, await start(services, person.actor, PRO, YEAR))
    await spend(account_of(person), 20_500)

    await advance(services, 31.2)
    await settle_due_budgets()

    assert await count("token_grant", "granted = 25000") == 2
    assert await available(person) == 25_000


async def test_an_upgrade_gives_more_for_the_rest_of_the_month_and_a_downgrade_waits(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor, STARTER))
    await advance(services, 10)

    await change(services, person.actor, PRO)
    upgraded = await available(person)
    await change(services, person.actor, STARTER, key="change-2")

    assert upgraded is not None
    assert 5_500 + 12_500 < upgraded < 5_500 + 14_500
    assert await available(person) == upgraded
    await move_to(services, business_now() + await end_of(person) + timedelta(minutes=2))
    assert (await available(person), await budget_of(person)) == (5_000, 5_000)
    await require_true_books(services)


async def test_from_month_to_year_one_budget_runs_with_what_was_unspent_beside(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor, PRO))
    await advance(services, 10)
    await spend(account_of(person), 1_500)

    await change(services, person.actor, PRO, YEAR)

    assert (await available(person), await budget_of(person)) == (49_000, 25_000)
    assert await count("token_grant", "is_open AND kind = 'MONTHLY' AND granted = 25000") == 1
    await require_true_books(services)


async def test_a_plan_that_is_cancelled_is_followed_by_the_free_budget(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor, PRO))
    await cancel_plan(services, person.actor, CancelInput(), "cancel-1")
    assert await available(person) == 25_500

    await move_to(services, business_now() + await end_of(person) + timedelta(minutes=2))

    assert (await available(person), await budget_of(person)) == (500, 500)
    await require_true_books(services)


async def test_a_paused_plan_gives_no_new_budget_and_its_own_back(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    await complete(services, await start(services, person.actor, PRO))
    await spend(account_of(person), 700)
    plan = await plan_of(person)
    assert plan is not None
    path = f"/v1/subscriptions/{plan.stripe_subscription_id}"

    await stripe_side.change(path, **{"pause_collection[behavior]": "void"})
    await advance(services, 0.1)
    assert await available(person) == 0
    await stripe_side.change(path, pause_collection="")
    await advance(services, 0.1)

    assert await available(person) == 24_800
    await require_true_books(services)


async def test_an_unpaid_plan_s_budget_ends_with_its_access(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    await complete(services, await start(services, person.actor, PRO))
    plan = await plan_of(person)
    assert plan is not None
    await pay_with(stripe_side, plan, "pm_card_chargeCustomerFail")
    await move_to(services, business_now() + await end_of(person) + timedelta(hours=2))
    assert await available(person) == 25_000

    await advance(services, 10)

    assert (await available(person), await budget_of(person)) == (500, 500)
    await require_true_books(services)


async def test_a_contract_is_unlimited_and_leaves_the_plan_s_budget(
    services: Services, person: Person
) -> None:
    finance = await make_person("fin", staff=(Staff.FINANCE,))
    await complete(services, await start(services, person.actor, PRO))

    contract = await enter_contract(finance.actor, account_of(person), contract_of_days(0, 90))
    assert (await available(person), await budget_of(person)) == (None, None)
    await end_contract(finance.actor, contract, "Both agreed")

    assert (await available(person), await budget_of(person)) == (25_500, 25_000)
    assert not await settle_budget(account_of(person))
    await require_true_books(services)


async def test_subscribe_burn_withdraw_farms_no_second_budget(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor, PRO))
    plan = await plan_of(person)
    assert plan is not None
    await spend(account_of(person), 20_500)

    await declare_own(services, person.actor, plan.id)
    await catch_up(services)
    assert await available(person) == 0
    await advance(services, 1)
    await complete(services, await start(services, person.actor, PRO, key="plan-2"))

    assert (await available(person), await budget_of(person)) == (5_000, 5_000)
    assert await tier_of(person) == "PRO"
    await require_true_books(services)


async def test_a_refund_that_comes_back_gives_what_the_next_plan_began_without(
    services: Services, person: Person
) -> None:
    """Its bank sends the money back a few hours later: the first plan was paid for after all."""
    await complete(services, await start(services, person.actor, PRO), REFUND_FAILS)
    plan = await plan_of(person)
    assert plan is not None
    await spend(account_of(person), 20_500)
    await declare_own(services, person.actor, plan.id)
    await advance(services, 0.01)
    await complete(services, await start(services, person.actor, PRO, key="plan-2"))
    began_with = await available(person)

    for _ in range(2):
        await advance(services, 0.1)

    assert (began_with, await available(person), await budget_of(person)) == (5_000, 25_000, 25_000)
    assert await count("token_budget_period", "withheld > 0 OR unpaid_share > 0") == 0
    await require_true_books(services)
