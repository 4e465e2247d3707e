"""Schedules: a change at the end of the period, taken back, or followed by others."""

from typing import Any

import pytest
import stripe

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import Playground
from tests.sandbox.subscription_lives import Life, at, begin_life

JUNE, JULY, AUGUST = at("2030-06-01"), at("2030-07-01"), at("2030-08-01")
HOUR = 3600


async def _scheduled(
    play: Playground, price: Any, *, interval: str = "month", **values: Any
) -> tuple[Life, Any]:
    """Pro for 30.00 a month, which becomes something else in July."""
    life = await begin_life(play, start=JUNE, amount=3000, **values)
    schedule = await play.stripe.v1.subscription_schedules.create_async(
        {"from_subscription": life.id}
    )
    now = schedule.phases[0]
    later = {
        "items": [{"price": price.id, "quantity": 1}],
        "duration": {"interval": interval, "interval_count": 1},
        "proration_behavior": "none",
    }
    if interval != "month":
        later["billing_cycle_anchor"] = "phase_start"
    return life, await play.stripe.v1.subscription_schedules.update_async(
        schedule.id, {"phases": [_same(now), later], "end_behavior": "release"}
    )


def _same(phase: Any) -> dict[str, Any]:
    same = {
        "items": [{"price": one.price, "quantity": one.quantity} for one in phase["items"]],
        "start_date": phase.start_date,
        "end_date": phase.end_date,
    }
    return {**same, "trial_end": phase.trial_end} if phase.trial_end else same


async def test_a_schedule_begins_as_what_the_subscription_does(play: Playground) -> None:
    life = await begin_life(play, start=JUNE, amount=3000)
    price = (await life.now())["items"].data[0].price.id

    schedule = await play.stripe.v1.subscription_schedules.create_async(
        {"from_subscription": life.id, "metadata": {"why": "downgrade"}}
    )

    phase = schedule.phases[0]
    assert (schedule.status, schedule.end_behavior) == ("active", "release")
    assert (phase.start_date, phase.end_date, phase["items"][0].price) == (JUNE, JULY, price)
    assert (phase.discounts, phase.trial_end) == ([], None)
    assert (await life.now()).schedule == schedule.id
    assert (await life.events())[-2:] == [
        "subscription_schedule.created",
        "customer.subscription.updated",
    ]
    schedules = play.stripe.v1.subscription_schedules
    listed = await schedules.list_async({"customer": life.customer.id})
    assert [one.id for one in listed.data] == [schedule.id]
    assert (await schedules.retrieve_async(schedule.id)).id == schedule.id


async def test_a_downgrade_takes_effect_with_the_renewal(play: Playground) -> None:
    life, schedule = await _scheduled(play, await play.plan(900, name="Starter"))
    preview = await play.stripe.v1.invoices.create_preview_async({"subscription": life.id})
    before = await life.now()
    await life.mark()

    await life.to(JULY + HOUR)

    assert before["items"].data[0].price.unit_amount == 3000
    after = await life.now("latest_invoice", "schedule")
    assert after["items"].data[0].price.unit_amount == 900
    assert (after.latest_invoice.total, after.latest_invoice.status) == (900, "paid")
    assert preview.total == 900
    assert after.schedule.current_phase.start_date == JULY
    assert (await life.events())[:3] == [
        "subscription_schedule.updated",
        "customer.subscription.updated",
        "invoice.created",
    ]
    await life.to(AUGUST + HOUR)
    released = await play.stripe.v1.subscription_schedules.retrieve_async(schedule.id)
    assert (released.status, released.released_subscription) == ("released", life.id)
    renewed = await life.now("latest_invoice")
    assert (renewed.schedule, renewed.latest_invoice.total) == (None, 900)


async def test_another_interval_begins_at_the_end_of_the_period(play: Playground) -> None:
    life, _ = await _scheduled(play, await play.plan(30_000, "year"), interval="year")

    await life.to(JULY + HOUR)

    yearly = await life.now("latest_invoice")
    item = yearly["items"].data[0]
    assert (item.current_period_start, item.current_period_end) == (JULY, at("2031-07-01"))
    assert (yearly.billing_cycle_anchor, yearly.latest_invoice.total) == (JULY, 30_000)


async def test_a_scheduled_change_in_the_trial_waits_for_its_end(play: Playground) -> None:
    life, schedule = await _scheduled(play, await play.plan(900), trial_period_days=14)

    await life.to(JUNE + 14 * DAY + HOUR)

    assert schedule.phases[0].end_date == JUNE + 14 * DAY
    subscription = await life.now("latest_invoice")
    assert (subscription.status, subscription.latest_invoice.total) == ("active", 900)


async def test_a_scheduled_change_is_taken_back(play: Playground) -> None:
    life, schedule = await _scheduled(play, await play.plan(900))

    released = await play.stripe.v1.subscription_schedules.release_async(schedule.id)
    await life.to(JULY + HOUR)

    assert (released.status, released.subscription) == ("released", None)
    subscription = await life.now("latest_invoice")
    assert (subscription.schedule, subscription.latest_invoice.total) == (None, 3000)


async def test_a_phase_in_the_middle_of_a_period_is_prorated(play: Playground) -> None:
    life = await begin_life(play, start=JUNE, amount=3000)
    schedules = play.stripe.v1.subscription_schedules
    schedule = await schedules.create_async({"from_subscription": life.id})
    bigger = await play.plan(9000)
    change = {
        "items": [{"price": bigger.id}],
        "end_date": JULY,
        "proration_behavior": "always_invoice",
    }

    await schedules.update_async(
        schedule.id,
        {"phases": [{**_same(schedule.phases[0]), "end_date": JUNE + 10 * DAY}, change]},
    )
    await life.to(JUNE + 10 * DAY)

    assert [invoice.total for invoice in await life.invoices()] == [3000, 4000]


async def test_a_schedule_can_end_the_subscription(play: Playground) -> None:
    life = await begin_life(play, start=JUNE, amount=3000)
    schedules = play.stripe.v1.subscription_schedules
    schedule = await schedules.create_async({"from_subscription": life.id})

    await schedules.update_async(schedule.id, {"end_behavior": "cancel"})
    await life.to(JULY)

    assert (await life.now()).status == "canceled"
    assert (await schedules.retrieve_async(schedule.id)).status == "completed"
    assert len(await life.invoices()) == 1


@pytest.mark.parametrize("by", ["schedule", "subscription"])
async def test_the_end_of_one_is_the_end_of_the_other(play: Playground, by: str) -> None:
    life, schedule = await _scheduled(play, await play.plan(900))

    if by == "schedule":
        await play.stripe.v1.subscription_schedules.cancel_async(schedule.id)
    else:
        await play.stripe.v1.subscriptions.cancel_async(life.id)

    ended = await play.stripe.v1.subscription_schedules.retrieve_async(schedule.id)
    assert ((await life.now()).status, ended.status) == ("canceled", "canceled")


@pytest.mark.parametrize(
    "values",
    [{"cancel_at_period_end": True}, {"items": [{"quantity": 2}]}, {"trial_end": "now"}],
    ids=["cancel", "items", "trial"],
)
async def test_a_subscription_with_a_schedule_is_changed_by_the_schedule(
    loose: Playground, values: dict[str, Any]
) -> None:
    life, _ = await _scheduled(loose, await loose.plan(900))

    with pytest.raises(stripe.InvalidRequestError, match="managed by the subscription schedule"):
        await life.update(**values)


async def test_metadata_of_a_subscription_with_a_schedule_can_change(play: Playground) -> None:
    life, _ = await _scheduled(play, await play.plan(900))

    changed = await life.update(metadata={"k": "v"})

    assert changed.to_dict()["metadata"] == {"k": "v"}


@pytest.mark.parametrize(
    ("phases", "param"),
    [
        ([{"items": [{"price": "PRO"}], "end_date": JUNE}], "phases[0][end_date]"),
        ([{"items": [{"price": "PRO"}]}], "phases[0][end_date]"),
        (
            [{"items": [{"price": "PRO"}], "start_date": JUNE + 5, "end_date": JULY}],
            "phases[0][start_date]",
        ),
        (
            [
                {"items": [{"price": "PRO"}], "end_date": JULY},
                {"items": [{"price": "PRO"}], "start_date": AUGUST, "end_date": AUGUST + 5},
            ],
            "phases[1][start_date]",
        ),
        ([{"items": [{"price": "price_nobody"}], "end_date": JULY}], "phases[0][items][0][price]"),
        (
            [
                {
                    "items": [{"price": "PRO"}],
                    "end_date": JULY,
                    "discounts": [{"coupon": "nothing"}],
                }
            ],
            "phases[0][discounts][0][coupon]",
        ),
    ],
    ids=["no length", "no end", "start", "gap", "price", "discount"],
)
async def test_phases_that_cannot_be_are_refused(
    loose: Playground, phases: list[dict[str, Any]], param: str
) -> None:
    life = await begin_life(loose, start=JUNE, amount=3000)
    price = (await life.now())["items"].data[0].price.id
    schedules = loose.stripe.v1.subscription_schedules
    schedule = await schedules.create_async({"from_subscription": life.id})
    for phase in phases:
        for item in phase["items"]:
            item["price"] = price if item["price"] == "PRO" else item["price"]
    given: Any = {"phases": phases}

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await schedules.update_async(schedule.id, given)

    assert (refusal.value.param or "").startswith(param)


async def test_a_schedule_that_is_over_stays_as_it_is(loose: Playground) -> None:
    _, schedule = await _scheduled(loose, await loose.plan(900))
    schedules = loose.stripe.v1.subscription_schedules
    await schedules.release_async(schedule.id)

    for call in (schedules.release_async, schedules.cancel_async):
        with pytest.raises(stripe.InvalidRequestError, match="`released`"):
            await call(schedule.id)


async def test_a_subscription_has_one_schedule(loose: Playground) -> None:
    life, _ = await _scheduled(loose, await loose.plan(900))

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.stripe.v1.subscription_schedules.create_async({"from_subscription": life.id})

    assert refusal.value.param == "from_subscription"


async def test_a_phase_of_another_interval_begins_with_its_own_anchor(loose: Playground) -> None:
    life = await begin_life(loose, start=JUNE, amount=3000)
    yearly = await loose.plan(30_000, "year")
    schedules = loose.stripe.v1.subscription_schedules
    schedule = await schedules.create_async({"from_subscription": life.id})
    later = {"items": [{"price": yearly.id}], "duration": {"interval": "year"}}

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await schedules.update_async(schedule.id, {"phases": [_same(schedule.phases[0]), later]})

    assert refusal.value.param == "phases[1][billing_cycle_anchor]"


@pytest.mark.parametrize(
    ("change", "param"),
    [({"items": [{"price": "OTHER"}]}, "phases[0][items]"), ({}, "phases[0][trial_end]")],
    ids=["items", "trial"],
)
async def test_the_current_phase_is_what_the_subscription_does(
    loose: Playground, change: dict[str, Any], param: str
) -> None:
    life = await begin_life(loose, start=JUNE, amount=3000, trial_period_days=14)
    other = await loose.plan(900)
    schedules = loose.stripe.v1.subscription_schedules
    schedule = await schedules.create_async({"from_subscription": life.id})
    phase = {key: one for key, one in _same(schedule.phases[0]).items() if key != "trial_end"}
    if change:
        phase["items"] = [{"price": other.id}]

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await schedules.update_async(schedule.id, {"phases": [phase]})

    assert refusal.value.param == param
