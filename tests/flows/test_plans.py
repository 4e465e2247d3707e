"""A plan's life: started with and without a trial, renewed, cancelled, resumed, ended."""

import asyncio
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from chenu.billing.recurring import BillingInterval, SubscriptionStatus
from chenu.billing.subscription_orders import OrderStatus, get_order
from chenu.core.errors import Invalid, InvalidState
from chenu.flows.checkout_pages import PaymentFailed
from chenu.flows.invariants import check_everything
from chenu.flows.services import Services
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan, resume_plan
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import advance, catch_up, complete, open_plans, plan_of, start, tier_of
from tests.people import Person
from tests.rows import count
from tests.stripe_side import StripeSide

EVER = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_plans(services)


async def require_true_books(services: Services) -> None:
    findings = await check_everything(services, EVER)
    assert [finding for finding in findings if not finding.ok] == []


async def test_a_paid_start_gives_the_tier_and_books_the_charge(
    services: Services, person: Person
) -> None:
    order = await start(services, person.actor)
    assert await tier_of(person) == "FREE"

    assert (await complete(services, order)).status_code == 303

    plan = await plan_of(person)
    assert plan is not None
    assert (plan.item, plan.status, plan.price) == ("STARTER", SubscriptionStatus.ACTIVE, 900)
    assert await tier_of(person) == "STARTER"
    assert (await get_order(order.id)).status is OrderStatus.COMPLETED
    assert await count("invoice", "status = 'PAID' AND total = 900 AND number IS NOT NULL") == 1
    assert await count("invoice_payment", "gross = 900 AND tax = 0") == 1
    await require_true_books(services)


async def test_a_declined_card_gives_nothing_and_the_page_stays(
    services: Services, person: Person
) -> None:
    order = await start(services, person.actor)

    declined = await complete(services, order, "4000000000000002")

    assert declined.status_code == 402
    assert await plan_of(person) is None
    assert await tier_of(person) == "FREE"
    assert (await get_order(order.id)).is_pending
    await complete(services, order)
    assert await tier_of(person) == "STARTER"
    await require_true_books(services)


async def test_a_trial_needs_no_card_and_ends_on_free_without_one(
    services: Services, person: Person
) -> None:
    order = await start(services, person.actor, TierCode.PRO, trial=True)
    await complete(services, order, "")
    trialing = await plan_of(person)

    assert trialing is not None
    assert trialing.status is SubscriptionStatus.TRIALING
    assert await tier_of(person) == "PRO"
    await advance(services, 14.1)

    ended = await plan_of(person)
    assert ended is not None
    assert ended.status is SubscriptionStatus.CANCELED
    assert await tier_of(person) == "FREE"
    assert await count("invoice_payment") == 0
    await require_true_books(services)


async def test_a_trial_with_a_card_is_charged_at_its_end(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor, TierCode.PRO, trial=True))

    await advance(services, 14.1)

    plan = await plan_of(person)
    assert plan is not None
    assert plan.status is SubscriptionStatus.ACTIVE
    assert await count("invoice_payment", "gross = 2900") == 1
    await require_true_books(services)


async def test_a_person_has_one_trial(services: Services, person: Person) -> None:
    await complete(services, await start(services, person.actor, trial=True), "")
    await advance(services, 14.1)

    second = await start(services, person.actor, TierCode.PRO, trial=True, key="plan-2")

    assert second.trial_days == 0


@pytest.mark.parametrize(
    ("interval", "price", "days"),
    [(BillingInterval.MONTH, 900, 31.1), (BillingInterval.YEAR, 9000, 366.1)],
)
async def test_a_plan_is_renewed_and_each_charge_is_booked_once(
    services: Services, person: Person, interval: BillingInterval, price: int, days: float
) -> None:
    await complete(services, await start(services, person.actor, interval=interval))
    first = await plan_of(person)

    await advance(services, days)
    await catch_up(services)

    renewed = await plan_of(person)
    assert first is not None
    assert renewed is not None
    assert renewed.period_start == first.period_end
    assert await count("invoice_payment", f"gross = {price}") == 2
    assert await tier_of(person) == "STARTER"
    await require_true_books(services)


async def test_a_plan_that_is_not_renewed_ends_with_its_period(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor))

    canceled = await cancel_plan(services, person.actor, CancelInput(), "leave-1")
    assert canceled.cancel_at_period_end
    assert await tier_of(person) == "STARTER"
    await advance(services, 31.1)

    assert await tier_of(person) == "FREE"
    assert await count("invoice_payment") == 1
    with pytest.raises(InvalidState, match="no paid plan"):
        await resume_plan(services, person.actor)


async def test_a_cancellation_can_be_undone_and_asked_for_again(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor))

    for number, cancel in enumerate((True, True, False, False, True, False)):
        if cancel:
            plan = await cancel_plan(services, person.actor, CancelInput(), f"leave-{number}")
        else:
            plan = await resume_plan(services, person.actor)
        assert plan.cancel_at_period_end is cancel
    await advance(services, 31.1)

    assert await tier_of(person) == "STARTER"
    assert await count("invoice_payment") == 2


async def test_a_second_tab_finds_the_same_page(services: Services, person: Person) -> None:
    first = await start(services, person.actor)

    second = await start(services, person.actor, key="plan-2")

    assert (second.id, second.checkout_url) == (first.id, first.checkout_url)


async def test_a_page_for_another_plan_closes_the_first(services: Services, person: Person) -> None:
    first = await start(services, person.actor)

    second = await start(services, person.actor, TierCode.PRO, key="plan-2")

    assert (await get_order(first.id)).status is OrderStatus.CANCELED
    assert first.checkout_url is not None
    assert (await complete(services, first)).status_code != 303
    await complete(services, second)
    assert await tier_of(person) == "PRO"


async def test_a_repeated_request_closes_no_page_that_was_opened_since(
    services: Services, person: Person
) -> None:
    first = await start(services, person.actor)
    second = await start(services, person.actor, TierCode.PRO, key="plan-2")

    again = await start(services, person.actor)

    assert (again.id, again.status) == (first.id, OrderStatus.CANCELED)
    assert (await get_order(second.id)).is_pending


async def test_tabs_that_ask_for_other_plans_at_once_get_their_own_terms_or_are_refused(
    services: Services, person: Person
) -> None:
    wanted = [(tier, trial) for tier in (TierCode.STARTER, TierCode.PRO) for trial in (True, False)]
    tabs = [
        start(services, person.actor, tier, trial=trial, key=f"{tier}-{trial}-{which}")
        for which in range(2)
        for tier, trial in wanted
    ]

    answers = await asyncio.gather(*tabs, return_exceptions=True)

    for (tier, trial), order in zip(wanted * 2, answers, strict=True):
        if isinstance(order, BaseException):
            assert isinstance(order, InvalidState | PaymentFailed), order
        else:
            assert (order.item, order.trial_days > 0) == (tier, trial)
    assert await count("subscription_order", "status = 'PENDING'") <= 1


async def test_an_account_with_a_plan_starts_no_second_one(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor))

    with pytest.raises(InvalidState, match="has a plan already"):
        await start(services, person.actor, TierCode.PRO, key="plan-2")


@pytest.mark.parametrize("tier", [TierCode.FREE, TierCode.ENTERPRISE])
async def test_what_is_not_sold_here_cannot_be_started(
    services: Services, person: Person, tier: TierCode
) -> None:
    with pytest.raises(Invalid, match="Starter, Pro, Business"):
        await start(services, person.actor, tier)

    assert await count("subscription_order") == 0


async def test_a_second_subscription_made_at_stripe_ends_and_the_first_stays(
    services: Services, person: Person, stripe_side: StripeSide
) -> None:
    await complete(services, await start(services, person.actor))
    plan = await plan_of(person)
    assert plan is not None
    first = await stripe_side.get(f"/v1/subscriptions/{plan.stripe_subscription_id}")
    [price] = await stripe_side.list_all("/v1/prices", **{"lookup_keys[0]": "plan_pro_month_eur"})
    await stripe_side.change(
        "/v1/subscriptions",
        **{
            "customer": first["customer"],
            "items[0][price]": price["id"],
            "default_payment_method": first["default_payment_method"],
        },
    )

    for _ in range(2):
        await catch_up(services)

    assert await count("subscription", "status = 'CANCELED' AND item = 'PRO'") == 1
    assert await tier_of(person) == "STARTER"
    assert await count("invoice_refund", "amount = 2900") == await count("invoice_refund") == 1
    assert await count("invoice_refund_request", "origin = 'SECOND_PLAN'") == 1
    await require_true_books(services)


async def test_dunning_keeps_the_tier_until_its_last_try(
    services: Services, person: Person
) -> None:
    order = await start(services, person.actor, trial=True)
    await complete(services, order, "4000000000000341")

    await advance(services, 14.1)
    plan = await plan_of(person)
    assert plan is not None
    assert plan.status is SubscriptionStatus.PAST_DUE
    assert await tier_of(person) == "STARTER"
    for _ in range(9):
        await advance(services, 1)

    assert await tier_of(person) == "FREE"
    assert await count("invoice_payment") == 0
    await require_true_books(services)


async def test_a_contract_is_not_replaced_by_a_plan(services: Services, person: Person) -> None:
    actor = replace(person.actor, tier=TierCode.ENTERPRISE)

    with pytest.raises(InvalidState, match="has a plan already"):
        await start(services, actor)

    assert await count("subscription_order") == 0
