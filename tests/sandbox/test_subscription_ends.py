"""Cancellations and pauses: at once, at the end of a period, at a moment."""

from typing import Any

import pytest

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import SPRING, Playground
from tests.sandbox.subscription_lives import begin_life, pay_on_page

HOUR = 3600


@pytest.mark.parametrize(
    ("behavior", "status"),
    [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")],
)
async def test_paused_collection_charges_nothing_until_it_resumes(
    play: Playground, behavior: str, status: str
) -> None:
    life = await begin_life(play, trial_period_days=1)
    resumes = SPRING + 20 * DAY
    paused = await life.update(pause_collection={"behavior": behavior, "resumes_at": resumes})

    await life.to(SPRING + 2 * DAY)
    held = (await life.invoices())[-1]
    await life.to(resumes)
    resumed = await life.now()

    assert paused.pause_collection.behavior == behavior
    assert (held.status, resumed.status) == (status, "active")
    assert resumed.pause_collection is None


async def test_a_card_that_fails_for_what_was_given_up_changes_nothing(play: Playground) -> None:
    life = await begin_life(play, trial_period_days=1)
    await life.update(pause_collection={"behavior": "mark_uncollectible"})
    await life.to(SPRING + 2 * DAY)

    refused = await pay_on_page(play, (await life.invoices())[-1], "4000000000000002")

    assert refused.status_code == 402
    assert (await life.now()).status == "active"


async def test_paused_collection_is_resumed_by_hand(play: Playground) -> None:
    life = await begin_life(play)
    await life.update(pause_collection={"behavior": "void"})

    resumed = await life.update(pause_collection="")

    assert resumed.pause_collection is None


async def test_a_cancellation_takes_effect_at_the_end_of_the_period(play: Playground) -> None:
    life = await begin_life(play)
    end = (await life.now())["items"].data[0].current_period_end
    details = {"feedback": "too_expensive", "comment": "Trop cher"}

    asked = await life.update(cancel_at_period_end=True, cancellation_details=details)
    await life.mark()
    await life.to(end + HOUR)

    assert (asked.status, asked.cancel_at, asked.canceled_at) == ("active", end, SPRING)
    assert asked.cancellation_details.feedback == "too_expensive"
    ended = await life.now()
    assert (ended.status, ended.ended_at, ended.canceled_at) == ("canceled", end, SPRING)
    assert ended.cancellation_details.reason == "cancellation_requested"
    assert await life.events() == ["customer.subscription.deleted"]
    assert len(await life.invoices()) == 1


async def test_a_cancellation_is_undone(play: Playground) -> None:
    life = await begin_life(play)
    await life.update(cancel_at_period_end=True)

    renewing = await life.update(cancel_at_period_end=False)

    assert (renewing.cancel_at, renewing.canceled_at, renewing.cancel_at_period_end) == (
        None,
        None,
        False,
    )
    assert renewing.cancellation_details.reason is None
    await life.to(renewing["items"].data[0].current_period_end + HOUR)
    assert (await life.now()).status == "active"


async def test_a_cancellation_at_a_moment(play: Playground) -> None:
    life = await begin_life(play)

    asked = await life.update(cancel_at=SPRING + 5 * DAY)
    await life.to(SPRING + 5 * DAY)

    assert asked.cancel_at == SPRING + 5 * DAY
    assert (await life.now()).status == "canceled"


async def test_an_ended_subscription_is_listed_only_when_asked(play: Playground) -> None:
    life = await begin_life(play)
    subscriptions = play.stripe.v1.subscriptions
    await life.mark()

    await subscriptions.cancel_async(life.id, {"cancellation_details": {"comment": "Bye"}})

    of: Any = {"customer": life.customer.id}
    assert (await subscriptions.list_async(of)).data == []
    for status in ("all", "canceled", "ended"):
        found = await subscriptions.list_async({**of, "status": status})
        assert [one.cancellation_details.comment for one in found.data] == ["Bye"]
    assert await life.events() == ["customer.subscription.deleted"]


async def test_a_deleted_customer_is_not_billed(play: Playground) -> None:
    life = await begin_life(play)

    await play.stripe.v1.customers.delete_async(life.customer.id)
    await life.to(SPRING + 40 * DAY)

    assert (await life.now()).status == "canceled"
    assert len(await life.invoices()) == 1
