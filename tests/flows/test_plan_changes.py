"""Changes of a plan that wait, replace one another, fail, or are asked for many times at once."""

import asyncio
from datetime import timedelta
from typing import NamedTuple

import pytest

from chenu.billing.recurring import BillingInterval
from chenu.billing.subscriptions import SubscriptionRow
from chenu.core.errors import Invalid, InvalidState
from chenu.flows.services import Services
from chenu.flows.subscriptions.change import ChangeInput, change_plan
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan, resume_plan
from chenu.flows.subscriptions.preview import preview_plan_change
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import (
    advance,
    catch_up,
    change,
    complete,
    move_to,
    open_plans,
    pay_with,
    plan_of,
    start,
    tier_of,
)
from tests.flows.test_plans import require_true_books
from tests.people import Person, pay
from tests.rows import count
from tests.stripe_side import StripeSide

STARTER, PRO, BUSINESS = TierCode.STARTER, TierCode.PRO, TierCode.BUSINESS
MONTH, YEAR = BillingInterval.MONTH, BillingInterval.YEAR
DECLINED, CONFIRMED_BY_OWNER = "pm_card_chargeCustomerFail", "pm_card_authenticationRequired"


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    await stripe_side.reset()
    return await open_plans(services)


async def current(person: Person) -> SubscriptionRow:
    plan = await plan_of(person)
    assert plan is not None
    return plan


class Outcome(NamedTuple):
    """What the plan is, and what of it is going to change."""

    item: str = "PRO"
    scheduled: str | None = None
    is_canceled: bool = False
    after_the_period: str = "PRO"


STATES = ("runs", "downgrade waits", "canceled", "payment waits")
ACTIONS = {
    "upgrade": Outcome("BUSINESS", after_the_period="BUSINESS"),
    "downgrade": Outcome(scheduled="STARTER", after_the_period="STARTER"),
    "the plan that runs": Outcome(),
    "cancel": Outcome(is_canceled=True, after_the_period="FREE"),
    "resume": Outcome(),
}
PAIRS = [
    (state, trial, action)
    for state in STATES
    for trial in (False, True)
    for action in ACTIONS
    if not (trial and state == "payment waits")  # a trial has nothing to pay
]


async def put_into(
    services: Services, stripe_side: StripeSide, person: Person, state: str
) -> SubscriptionRow:
    match state:
        case "downgrade waits":
            return await change(services, person.actor, STARTER, YEAR, "before")
        case "canceled":
            return await cancel_plan(services, person.actor, CancelInput(), "before")
        case "payment waits":
            await pay_with(stripe_side, await current(person), DECLINED)
            waiting = await change(services, person.actor, BUSINESS, YEAR, "before")
            await pay_with(stripe_side, waiting, "pm_card_visa")
            return waiting
    return await current(person)


async def do(services: Services, person: Person, action: str) -> SubscriptionRow:
    match action:
        case "cancel":
            return await cancel_plan(services, person.actor, CancelInput(), "act")
        case "resume":
            return await resume_plan(services, person.actor)
    tiers = {"upgrade": BUSINESS, "downgrade": STARTER, "the plan that runs": PRO}
    return await change_plan(services, person.actor, ChangeInput(tiers[action], MONTH), "act")


@pytest.mark.parametrize(("state", "trial", "action"), PAIRS, ids=str)
async def test_what_is_chosen_last_holds_whatever_waited(
    services: Services,
    stripe_side: StripeSide,
    person: Person,
    state: str,
    trial: bool,
    action: str,
) -> None:
    await complete(services, await start(services, person.actor, PRO, trial=trial))
    before = await put_into(services, stripe_side, person, state)
    assert before.is_downgrade_waiting == (state == "downgrade waits")
    assert before.is_payment_waiting == (state == "payment waits")

    done = await do(services, person, action)
    await catch_up(services)

    wanted = ACTIONS[action]
    after = await current(person)
    assert after == done
    assert (after.item, after.scheduled_item) == (wanted.item, wanted.scheduled)
    assert after.cancel_at_period_end == wanted.is_canceled
    assert not after.is_payment_waiting
    assert after.period_end == before.period_end
    assert await tier_of(person) == wanted.item
    await move_to(services, after.period_end + timedelta(hours=2))
    assert await tier_of(person) == wanted.after_the_period
    await require_true_books(services)


@pytest.mark.parametrize(
    ("first", "to"),
    [
        ((PRO, YEAR), (PRO, MONTH)),
        ((STARTER, YEAR), (PRO, MONTH)),
        ((PRO, MONTH), (STARTER, YEAR)),
        ((BUSINESS, YEAR), (STARTER, MONTH)),
    ],
    ids=str,
)
async def test_whatever_goes_down_waits_for_the_end_of_the_period(
    services: Services,
    person: Person,
    first: tuple[TierCode, BillingInterval],
    to: tuple[TierCode, BillingInterval],
) -> None:
    await complete(services, await start(services, person.actor, *first))

    preview = await preview_plan_change(services, person.actor, *to)
    plan = await change(services, person.actor, *to)

    assert (preview.due_now, preview.lines) == (0, ())
    assert preview.effective_at == plan.period_end == plan.scheduled_at
    assert (plan.item, plan.billing_interval) == first
    assert (plan.scheduled_item, plan.scheduled_interval) == to
    await move_to(services, plan.period_end + timedelta(hours=2))
    after = await current(person)
    assert (after.item, after.billing_interval) == to
    assert not after.is_downgrade_waiting
    paid = f"status = 'PAID' AND total = {preview.next_invoice} AND amount_paid = total"
    assert await count("invoice", paid) == 1
    await require_true_books(services)


async def test_after_a_downgrade_the_plan_can_be_changed_and_cancelled(
    services: Services, person: Person
) -> None:
    """Stripe's schedule is still attached for a period; it is taken off first."""
    await complete(services, await start(services, person.actor, PRO))
    await change(services, person.actor, STARTER)
    await move_to(services, (await current(person)).period_end + timedelta(hours=2))
    assert (await current(person)).schedule_id is not None

    canceled = await cancel_plan(services, person.actor, CancelInput(), "leave")
    raised = await change(services, person.actor, BUSINESS, key="change-2")

    assert canceled.cancel_at_period_end
    assert (raised.item, raised.cancel_at_period_end, raised.schedule_id) == (
        "BUSINESS",
        False,
        None,
    )
    await require_true_books(services)


@pytest.mark.parametrize("card", [DECLINED, CONFIRMED_BY_OWNER], ids=["declined", "3D Secure"])
async def test_a_payment_that_does_not_come_about_keeps_the_old_plan(
    services: Services, stripe_side: StripeSide, person: Person, card: str
) -> None:
    await complete(services, await start(services, person.actor))
    await pay_with(stripe_side, await current(person), card)

    plan = await change(services, person.actor, BUSINESS)

    assert (plan.item, plan.pending_item) == ("STARTER", "BUSINESS")
    assert plan.pending_payment_url is not None
    assert await tier_of(person) == "STARTER"
    assert await count("invoice_payment") == 1
    await require_true_books(services)
    await advance(services, 1)
    dropped = await current(person)
    assert (dropped.item, dropped.is_payment_waiting) == ("STARTER", False)
    assert await tier_of(person) == "STARTER"
    assert await count("invoice", "status = 'VOID'") == 1
    await require_true_books(services)


async def test_the_new_plan_begins_when_its_owner_has_paid_on_stripes_page(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await complete(services, await start(services, person.actor))
    await pay_with(stripe_side, await current(person), DECLINED)
    plan = await change(services, person.actor, BUSINESS)
    assert plan.pending_payment_url is not None

    await pay(plan.pending_payment_url)
    await catch_up(services)

    after = await current(person)
    assert (after.item, after.is_payment_waiting) == ("BUSINESS", False)
    assert await tier_of(person) == "BUSINESS"
    assert await count("invoice_payment") == 2
    await require_true_books(services)


@pytest.mark.parametrize("keys", ["one key", "another key each"])
async def test_twenty_requests_at_once_charge_once(
    services: Services, person: Person, keys: str
) -> None:
    await complete(services, await start(services, person.actor))
    request = ChangeInput(BUSINESS, MONTH)

    plans = await asyncio.gather(
        *(
            change_plan(services, person.actor, request, "key" if keys == "one key" else str(n))
            for n in range(20)
        )
    )
    await catch_up(services)

    assert {plan.item for plan in plans} == {"BUSINESS"}
    assert await count("invoice_payment") == 2
    assert await count("operation", "kind = 'SUBSCRIPTION_CHANGE'") == 1
    await require_true_books(services)


async def test_a_repeated_request_is_answered_from_what_it_did(
    services: Services, person: Person
) -> None:
    await complete(services, await start(services, person.actor))

    first = await change(services, person.actor, BUSINESS)
    again = await change(services, person.actor, BUSINESS)

    assert again == first
    assert await count("invoice_payment") == 2


@pytest.mark.parametrize("to", [(PRO, MONTH), (TierCode.FREE, MONTH), (TierCode.ENTERPRISE, YEAR)])
async def test_what_cannot_be_chosen_is_refused_in_words(
    services: Services, person: Person, to: tuple[TierCode, BillingInterval]
) -> None:
    await complete(services, await start(services, person.actor, PRO))

    with pytest.raises(Invalid, match=r"your plan already|Starter, Pro, Business"):
        await preview_plan_change(services, person.actor, *to)


async def test_nothing_changes_while_a_payment_is_open_or_paused(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    await complete(services, await start(services, person.actor))
    plan = await current(person)
    path = f"/v1/subscriptions/{plan.stripe_subscription_id}"
    await stripe_side.change(path, **{"pause_collection[behavior]": "void"})

    with pytest.raises(InvalidState, match="pay first"):
        await change_plan(services, person.actor, ChangeInput(PRO, MONTH), "change")
    with pytest.raises(InvalidState, match="pay first"):
        await preview_plan_change(services, person.actor, PRO, MONTH)


async def test_without_a_plan_there_is_nothing_to_change(
    services: Services, person: Person
) -> None:
    with pytest.raises(InvalidState, match="no paid plan"):
        await change_plan(services, person.actor, ChangeInput(PRO, MONTH), "change")
