"""Previews of renewals and of subscriptions; those of changes are with the prorations."""

from typing import Any

import pytest
import stripe

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import Playground
from tests.sandbox.subscription_lives import (
    JULY,
    JUNE,
    begin_june,
    preview_of,
    price_change,
)

HOUR = 3600


async def test_the_date_of_the_preview_makes_both_agree_although_time_passes(
    play: Playground,
) -> None:
    life = await begin_june(play)
    await life.to(JUNE + 10 * DAY)
    change = await price_change(
        life,
        await play.plan(9000),
        proration_behavior="always_invoice",
        proration_date=JUNE + 10 * DAY,
    )
    preview = await preview_of(play, life, **change)

    await life.to(JUNE + 11 * DAY)
    changed = await life.update(**change, expand=["latest_invoice"])

    assert preview.total == changed.latest_invoice.total == 4000


async def test_a_cancellation_now_gives_unused_time_back(play: Playground) -> None:
    life = await begin_june(play)
    await life.to(JUNE + 10 * DAY)
    preview = await preview_of(play, life, cancel_now=True, proration_behavior="always_invoice")

    await play.stripe.v1.subscriptions.cancel_async(life.id, {"prorate": True, "invoice_now": True})

    last = (await life.invoices())[-1]
    assert (last.total, last.status, preview.total) == (-2000, "paid", -2000)
    customer = await play.stripe.v1.customers.retrieve_async(life.customer.id)
    assert customer.balance == -2000


async def test_the_next_renewal_is_previewed(play: Playground) -> None:
    life = await begin_june(play)

    preview = await preview_of(play, life)
    await life.to(JULY + HOUR)

    assert preview.id.startswith("upcoming_in_")
    assert (preview.total, preview.billing_reason) == (3000, "upcoming")
    assert preview.lines.data[0].period.start == JULY


async def test_a_subscription_that_ends_has_no_next_invoice(play: Playground) -> None:
    life = await begin_june(play)
    await life.update(cancel_at_period_end=True)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.stripe.v1.invoices.create_preview_async({"subscription": life.id})

    assert (refusal.value.http_status, refusal.value.code) == (404, "invoice_upcoming_none")


async def test_a_subscription_to_be_made_is_previewed(play: Playground) -> None:
    customer, price = await play.customer(), await play.plan(3000)
    details: Any = {"items": [{"price": price.id, "quantity": 2}]}

    preview = await play.stripe.v1.invoices.create_preview_async(
        {"customer": customer.id, "subscription_details": details}
    )

    assert (preview.total, preview.billing_reason) == (6000, "subscription_create")
    assert (await play.stripe.v1.subscriptions.list_async({"customer": customer.id})).data == []


async def test_a_cancellation_can_be_left_out_of_a_preview(play: Playground) -> None:
    life = await begin_june(play)
    await life.update(cancel_at_period_end=True)

    preview = await preview_of(play, life, cancel_at_period_end=False)

    assert preview.total == 3000
    assert (await life.now()).cancel_at_period_end


async def test_items_of_a_preview_take_the_place_of_what_is_scheduled(play: Playground) -> None:
    life = await begin_june(play)
    schedules = play.stripe.v1.subscription_schedules
    schedule = await schedules.create_async({"from_subscription": life.id})
    price = (await life.now())["items"].data[0].price.id
    smaller, larger = await play.plan(1000), await play.plan(9000)
    now: Any = {"items": [{"price": price}], "start_date": JUNE, "end_date": JULY}
    later: Any = {"items": [{"price": smaller.id}], "duration": {"interval": "month"}}
    await schedules.update_async(schedule.id, {"phases": [now, later]})
    change = await price_change(life, larger, proration_behavior="none")

    scheduled, changed = await preview_of(play, life), await preview_of(play, life, **change)

    assert (scheduled.total, changed.total) == (1000, 9000)


async def test_what_is_too_little_for_a_card_is_not_due_in_a_preview(play: Playground) -> None:
    life = await begin_june(play)
    last_hour = JULY - HOUR // 2
    await life.to(last_hour)
    change = await price_change(
        life,
        await play.plan(9000),
        proration_behavior="always_invoice",
        proration_date=last_hour,
    )

    preview = await preview_of(play, life, **change)
    changed = await life.update(**change, expand=["latest_invoice"])

    assert (preview.total, preview.amount_due) == (4, 0)
    assert (changed.latest_invoice.total, changed.latest_invoice.amount_due) == (4, 0)
