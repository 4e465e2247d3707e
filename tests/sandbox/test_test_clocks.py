"""Test clocks by their own calls: what they are, how they advance, how they end."""

import logging
import time
from typing import Any

import pytest
import stripe

from chenu.sandbox.engine.clock import DAY
from chenu.sandbox.engine.scheduler import task
from chenu.sandbox.engine.unit_of_work import UnitOfWork
from tests.sandbox.playground import SPRING, Playground

PREFIX = "test_helpers.test_clock"


async def test_a_clock_is_created_retrieved_and_listed(play: Playground) -> None:
    clocks = play.stripe.v1.test_helpers.test_clocks

    clock = await play.test_clock(name="Renewals")

    assert (clock.frozen_time, clock.name, clock.status) == (SPRING, "Renewals", "ready")
    assert clock.deletes_after == clock.created + 30 * DAY
    assert clock.created <= time.time()
    assert (await clocks.retrieve_async(clock.id)).id == clock.id
    assert [one.id for one in (await clocks.list_async()).data] == [clock.id]
    assert await play.event_types() == [f"{PREFIX}.created"]


async def test_advancing_answers_at_once_and_is_ready_later(play: Playground) -> None:
    clock = await play.test_clock()

    answer = await play.advance_test_clock(clock, DAY)
    later = await play.stripe.v1.test_helpers.test_clocks.retrieve_async(clock.id)

    assert (answer.status, answer.frozen_time) == ("advancing", SPRING)
    assert answer.status_details.advancing.target_frozen_time == SPRING + DAY
    assert (later.status, later.frozen_time) == ("ready", SPRING + DAY)
    assert later.status_details.advancing is None
    assert await play.event_types() == [
        f"{PREFIX}.created",
        f"{PREFIX}.advancing",
        f"{PREFIX}.ready",
    ]


@pytest.mark.parametrize("seconds", [0, -1, 2 * 365 * DAY + 1], ids=["nowhere", "back", "too far"])
async def test_a_clock_only_moves_forward_and_at_most_two_years(
    play: Playground, seconds: int
) -> None:
    clock = await play.test_clock()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.advance_test_clock(clock, seconds)

    assert (refusal.value.http_status, refusal.value.param) == (400, "frozen_time")
    assert await play.event_types() == [f"{PREFIX}.created"]


async def test_a_clock_takes_three_customers(play: Playground) -> None:
    clock = await play.test_clock()
    for _ in range(3):
        await play.customer(test_clock=clock.id)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.customer(test_clock=clock.id)

    assert refusal.value.param == "test_clock"


async def test_an_existing_customer_is_attached_once(play: Playground) -> None:
    customer = await play.customer()

    clock = await play.test_clock(customer=customer.id)
    session = await play.session(customer=customer.id)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.test_clock(customer=customer.id)

    found = await play.stripe.v1.customers.retrieve_async(customer.id)
    assert (found.test_clock, found.created, session.created) == (
        clock.id,
        customer.created,
        SPRING,
    )
    assert refusal.value.param == "customer"


async def test_a_subscriber_stays_on_the_clock_of_the_subscription(play: Playground) -> None:
    customer = await play.customer_with_card()
    await play.subscription(customer, await play.plan())

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.test_clock(customer=customer.id)

    assert refusal.value.param == "customer"


async def test_deleting_a_clock_deletes_its_customers_and_what_is_scheduled(
    play: Playground,
) -> None:
    clock = await play.test_clock()
    customer, other = await play.customer(test_clock=clock.id), await play.customer()
    await play.session(customer=customer.id)
    clocks, customers = play.stripe.v1.test_helpers.test_clocks, play.stripe.v1.customers

    answer = await clocks.delete_async(clock.id)

    assert (answer.id, answer.deleted) == (clock.id, True)
    assert (await customers.retrieve_async(customer.id)).deleted
    assert (await customers.retrieve_async(other.id)).id == other.id
    with pytest.raises(stripe.InvalidRequestError) as gone:
        await clocks.retrieve_async(clock.id)
    assert gone.value.http_status == 404
    assert play.sandbox.scheduler.next_due(clock.id) is None
    assert (await play.event_types())[-2:] == ["customer.deleted", f"{PREFIX}.deleted"]


async def test_a_clock_is_deleted_after_thirty_days(play: Playground) -> None:
    clock = await play.test_clock()

    await play.advance("P30D")

    assert (await play.stripe.v1.test_helpers.test_clocks.list_async()).data == []
    assert (await play.event_types())[-1] == f"{PREFIX}.deleted"
    assert play.sandbox.store.value("SELECT COUNT(*) FROM clocks WHERE id = ?", (clock.id,)) == 0


async def test_a_task_that_fails_stops_its_clock_for_good(
    play: Playground, caplog: pytest.LogCaptureFixture
) -> None:
    clock = await play.test_clock()
    with play.sandbox.engine.unit() as unit:
        unit.on_test_clock(clock.id).schedule(SPRING + 60, "of_a_test_that_fails", "nothing")

    with caplog.at_level(logging.CRITICAL):
        await play.advance_test_clock(clock, DAY)
        failed = await play.stripe.v1.test_helpers.test_clocks.retrieve_async(clock.id)
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await play.advance_test_clock(clock, DAY)

    assert (failed.status, failed.frozen_time) == ("internal_failure", SPRING + 60)
    assert refusal.value.param == "test_clock"
    assert (await play.event_types())[-1] == f"{PREFIX}.internal_failure"


@task("of_a_test_that_fails")
def _fail(unit: UnitOfWork, subject: str) -> None:
    raise RuntimeError(subject)


@pytest.mark.parametrize(
    ("values", "param"),
    [
        ({"name": "n" * 301}, "name"),
        ({"frozen_time": -5}, "frozen_time"),
        ({"customer": "cus_nobody"}, "customer"),
        ({"speed": 2}, "speed"),
    ],
    ids=["name", "time", "customer", "unknown"],
)
async def test_a_clock_that_cannot_be_is_refused(
    loose: Playground, values: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.test_clock(**values)

    assert refusal.value.param == param


async def test_an_unknown_clock_is_refused(play: Playground) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.customer(test_clock="clock_nothing")

    assert (refusal.value.code, refusal.value.param) == ("resource_missing", "test_clock")


async def test_connected_accounts_have_no_test_clocks(loose: Playground) -> None:
    account = await loose.account()

    with pytest.raises(stripe.InvalidRequestError):
        await loose.stripe.v1.test_helpers.test_clocks.list_async(
            {}, {"stripe_account": account.id}
        )
