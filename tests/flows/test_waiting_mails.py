"""What is mailed about a plan that will change, will not any more, or is paused."""

import pytest

from chenu.billing.recurring import BillingInterval
from chenu.flows.services import Services
from chenu.flows.subscriptions.changes import CancelInput, cancel_plan
from chenu.tiers.catalogue import TierCode
from tests.flows.plans import advance, catch_up, change, open_paid_plan, plan_of
from tests.flows.test_plan_mails import kinds, mails_of, said, text_of
from tests.people import Person
from tests.stripe_side import StripeSide

MONTH, YEAR = BillingInterval.MONTH, BillingInterval.YEAR


@pytest.fixture
async def person(services: Services, stripe_side: StripeSide) -> Person:
    """Pays for PRO by the year."""
    await stripe_side.reset()
    return await open_paid_plan(services, TierCode.PRO, YEAR)


@pytest.mark.parametrize(
    ("tier", "interval"),
    [(TierCode.STARTER, YEAR), (TierCode.STARTER, MONTH), (TierCode.PRO, MONTH)],
    ids=["smaller", "smaller by the month", "by the month"],
)
async def test_a_change_that_waits_is_confirmed_once_and_again_when_it_comes(
    services: Services, person: Person, tier: TierCode, interval: BillingInterval
) -> None:
    plan = await change(services, person.actor, tier, interval)
    await catch_up(services)

    assert await kinds(person) == ["PLAN_STARTED", "PLAN_CHANGE_SCHEDULED"]
    [params] = await said(person, "PLAN_CHANGE_SCHEDULED")
    assert (params["plan"], params["next_plan"], params["interval"]) == (
        "Pro", tier.title(), interval,
    )  # fmt: skip
    assert params["starts_at"] == plan.period_end.isoformat()
    for days in (200, 165.1):
        await advance(services, days)
    came = "PLAN_CHANGED" if tier is TierCode.PRO else "PLAN_DOWNGRADED"
    assert await kinds(person) == ["PLAN_STARTED", "PLAN_CHANGE_SCHEDULED", came]


async def test_a_change_that_is_taken_back_is_confirmed(services: Services, person: Person) -> None:
    await change(services, person.actor, TierCode.STARTER, MONTH, key="down")

    await change(services, person.actor, TierCode.PRO, YEAR, key="back")
    await catch_up(services)

    mails = await mails_of(person)
    assert [mail.kind for mail in mails][1:] == ["PLAN_CHANGE_SCHEDULED", "PLAN_CHANGE_UNDONE"]
    assert "Starter, payée au mois" in text_of(mails[2])


async def test_what_replaces_a_change_that_waited_is_all_that_is_mailed(
    services: Services, person: Person
) -> None:
    await change(services, person.actor, TierCode.STARTER, YEAR, key="down")

    await change(services, person.actor, TierCode.BUSINESS, YEAR, key="up")
    await change(services, person.actor, TierCode.PRO, YEAR, key="down again")
    await cancel_plan(services, person.actor, CancelInput(), "leave")
    await catch_up(services)

    assert await kinds(person) == [
        "PLAN_STARTED",
        "PLAN_CHANGE_SCHEDULED",
        "PLAN_CHANGED",
        "PLAN_CHANGE_SCHEDULED",
        "PLAN_CANCELLED",
    ]


async def test_a_pause_and_its_end_are_mailed_each_time(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    plan = await plan_of(person)
    assert plan is not None
    path = f"/v1/subscriptions/{plan.stripe_subscription_id}"

    for _ in range(2):
        await stripe_side.change(path, **{"pause_collection[behavior]": "void"})
        await catch_up(services)
        await stripe_side.change(path, pause_collection="")
        await catch_up(services)

    assert await kinds(person) == ["PLAN_STARTED", *["PLAN_PAUSED", "PLAN_UNPAUSED"] * 2]
    [unpaused, _] = await said(person, "PLAN_UNPAUSED")
    assert (unpaused["price"], unpaused["interval"]) == (29000, "YEAR")


async def test_a_plan_that_is_cancelled_while_paused_does_not_go_on(
    services: Services, stripe_side: StripeSide, person: Person
) -> None:
    plan = await plan_of(person)
    assert plan is not None
    path = f"/v1/subscriptions/{plan.stripe_subscription_id}"
    await stripe_side.change(path, **{"pause_collection[behavior]": "void"})
    await catch_up(services)

    await stripe_side.delete(path)
    await catch_up(services)

    assert await kinds(person) == ["PLAN_STARTED", "PLAN_PAUSED", "PLAN_ENDED"]
