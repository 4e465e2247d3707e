"""Answers about one plan and one invoice that overtake each other: the newest is what holds."""

from itertools import permutations

import pytest
from msgspec.structs import replace

from chenu.billing.invoices import find_invoice_by_stripe_id, store_invoice
from chenu.billing.recurring import InvoiceState, SubscriptionState, SubscriptionStatus
from chenu.core import db
from chenu.core.fetched import Fetched, fetch
from chenu.flows.services import Services
from chenu.flows.subscriptions.mirror import adopt_subscription
from tests.flows.plans import open_paid_plan, plan_of, tier_of
from tests.people import Person
from tests.stripe_side import StripeSide

ORDERS = list(permutations(range(3)))


async def adopt(fetched: Fetched[SubscriptionState]) -> None:
    async with db.transaction():
        assert await adopt_subscription(fetched)


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    """Somebody with a paid STARTER."""
    await stripe_side.reset()
    return await open_paid_plan(services)


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_the_newest_answer_about_a_plan_holds(
    services: Services, stripe_side: StripeSide, person: Person, order: tuple[int, ...]
) -> None:
    plan = await plan_of(person)
    assert plan is not None
    stripe_id = plan.stripe_subscription_id
    answers = []
    for change in ({}, {"cancel_at_period_end": "true"}, {"pause_collection[behavior]": "void"}):
        if change:
            await stripe_side.change(f"/v1/subscriptions/{stripe_id}", **change)
        answers.append(await fetch(lambda: services.subscriptions.get_subscription(stripe_id)))

    for place in order:
        await adopt(answers[place])

    newest = await plan_of(person)
    assert newest is not None
    assert newest.cancel_at_period_end
    assert not newest.gives_access  # collection is paused
    assert await tier_of(person) == "FREE"


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_what_has_ended_stays_ended(
    services: Services, stripe_side: StripeSide, person: Person, order: tuple[int, ...]
) -> None:
    """Even by an answer that was asked for later and describes an earlier state."""
    plan = await plan_of(person)
    assert plan is not None
    stripe_id = plan.stripe_subscription_id
    active = (await fetch(lambda: services.subscriptions.get_subscription(stripe_id))).value
    await stripe_side.delete(f"/v1/subscriptions/{stripe_id}")
    ended = (await fetch(lambda: services.subscriptions.get_subscription(stripe_id))).value
    states = (active, ended, active)

    for place in order:
        state = states[place]

        async def answer(state: SubscriptionState = state) -> SubscriptionState:
            return state

        await adopt(await fetch(answer))

    newest = await plan_of(person)
    assert newest is not None
    assert newest.status is SubscriptionStatus.CANCELED
    assert await tier_of(person) == "FREE"


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_the_newest_answer_about_an_invoice_holds(
    services: Services, person: Person, order: tuple[int, ...]
) -> None:
    account_id = person.actor.account_id
    assert account_id is not None
    stripe_id = str(await db.fetch_value("SELECT stripe_invoice_id FROM invoice"))
    answers: list[Fetched[InvoiceState]] = []
    for number in ("A-1", "A-2", "A-3"):
        fetched = await fetch(lambda: services.subscriptions.get_invoice(stripe_id))
        answers.append(Fetched(replace(fetched.value, number=number), fetched.number))

    for place in order:
        await store_invoice(account_id, answers[place])

    invoice = await find_invoice_by_stripe_id(stripe_id)
    assert invoice is not None
    assert invoice.number == "A-3"
