"""A charge that settles between a withdrawal and the plan's end at Stripe goes back as well."""

import asyncio

import pytest

from chenu.flows.events.polling import poll_events
from chenu.flows.services import Services
from chenu.flows.withdrawals.declare import declare_own
from tests.flows.plans import catch_up, move_clocks, open_plans, plan_of, tier_of
from tests.flows.test_withdrawals import refunded, require_sound, subscribe
from tests.people import Person
from tests.rows import count, mails_to
from tests.stripe_side import StripeSide


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    """Whose trial was charged a moment ago, which we have not heard of."""
    await stripe_side.reset()
    person = await open_plans(services)
    await subscribe(services, person, trial=True)
    await move_clocks(services, 14.1)
    return person


async def require_all_returned(services: Services, stripe_side: StripeSide, person: Person) -> None:
    await catch_up(services)
    await catch_up(services)
    assert await refunded(stripe_side) == [2900]
    assert await count("invoice_refund_request", "origin = 'WITHDRAWAL'") == 1
    assert (await mails_to(person.email)).count("REFUND") == 1
    assert await tier_of(person) == "FREE"
    await require_sound(services)


async def test_a_charge_that_is_heard_of_after_the_withdrawal_goes_back(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    plan = await plan_of(person)
    assert plan is not None

    await declare_own(services, person.actor, plan.id)
    assert await count("invoice_payment") == 0

    await require_all_returned(services, stripe_side, person)


@pytest.mark.parametrize("pause", [0, 0.01, 0.03, 0.06, 0.1], ids=str)
async def test_a_charge_that_is_booked_while_somebody_withdraws_goes_back_once(
    services: Services, stripe_side: StripeSide, person: Person, pause: float
) -> None:
    plan = await plan_of(person)
    assert plan is not None

    async def withdraw_soon() -> None:
        await asyncio.sleep(pause)
        await declare_own(services, person.actor, plan.id)

    await asyncio.gather(withdraw_soon(), poll_events(services))

    await require_all_returned(services, stripe_side, person)
