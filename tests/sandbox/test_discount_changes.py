"""Discounts where a plan changes, to the cent.

June 2030 has 30 days: every day of a monthly plan of 30.00 is worth 1.00.
"""

from typing import Any

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.discounted_lives import (
    FOREVER,
    ONCE,
    latest_invoice,
    new_coupon,
    totals_of,
)
from tests.sandbox.playground import Playground
from tests.sandbox.subscription_lives import at, begin_life

JUNE = at("2030-06-01")
JULY = at("2030-07-01")
HOUR = 3600


async def test_an_upgrade_gives_back_and_bills_what_was_paid(play: Playground) -> None:
    # After 10 of 30 days: 2/3 of the 15.00 that were paid come back, 2/3 of 45.00 are due.
    life = await begin_life(
        play, start=JUNE, amount=3000, discounts=await new_coupon(play, FOREVER)
    )
    better = await play.plan(9000, name="Business")
    await life.to(JUNE + 10 * DAY)
    item = (await life.now())["items"].data[0].id
    details = {
        "items": [{"id": item, "price": better.id}],
        "proration_behavior": "always_invoice",
        "proration_date": JUNE + 10 * DAY,
    }

    preview = await play.stripe.v1.invoices.create_preview_async(
        {"subscription": life.id, "subscription_details": details}
    )
    await play.stripe.v1.subscriptions.update_async(life.id, details)

    invoice = await latest_invoice(life)
    lines = [(line.amount, line.discount_amounts[0].amount) for line in invoice.lines.data]
    assert lines == [(-2000, -1000), (6000, 3000)]
    assert (preview.total, invoice.total, invoice.status) == (2000, 2000, "paid")
    await life.to(JULY + 2 * HOUR)
    assert (await totals_of(life))[-1] == 4500


async def test_two_upgrades_before_the_next_invoice_add_up(play: Playground) -> None:
    # Days 10 to 20 at 45.00 a month, days 20 to 30 at 90.00, both at half their price.
    life = await begin_life(
        play, start=JUNE, amount=3000, discounts=await new_coupon(play, FOREVER)
    )
    for day, amount in ((10, 9000), (20, 18000)):
        await life.to(JUNE + day * DAY)
        item = (await life.now())["items"].data[0].id
        price = await play.plan(amount)
        change = {"items": [{"id": item, "price": price.id}]}
        await play.stripe.v1.subscriptions.update_async(life.id, change)

    await life.to(JULY + 2 * HOUR)

    # -10.00 for Pro, 15.00 for days 10 to 20, 30.00 for days 20 to 30, and 90.00 for July.
    assert await totals_of(life) == [1500, 12500]


async def test_a_forever_coupon_survives_a_downgrade_only_if_its_phase_lists_it(
    play: Playground,
) -> None:
    cheap = await play.plan(2000, name="Starter")
    totals = []
    for is_listed in (True, False):
        discounts = await new_coupon(play, FOREVER)
        life = await begin_life(play, start=JUNE, amount=3000, discounts=discounts)
        schedules = play.stripe.v1.subscription_schedules
        schedule = await schedules.create_async({"from_subscription": life.id})
        retained = [{"discount": schedule.phases[0].discounts[0].discount}]
        now = {
            "items": [{"price": one.price} for one in schedule.phases[0]["items"]],
            "start_date": JUNE,
            "end_date": JULY,
            "discounts": retained,
        }
        later: dict[str, Any] = {
            "items": [{"price": cheap.id}],
            "duration": {"interval": "month", "interval_count": 1},
        }
        if is_listed:
            later["discounts"] = retained
        await schedules.update_async(schedule.id, {"phases": [now, later]})
        await life.to(JULY + 2 * HOUR)
        totals.append(await totals_of(life))

    assert totals == [[1500, 1000], [1500, 2000]]


async def test_a_phase_redeems_its_coupon_when_it_begins(play: Playground) -> None:
    life = await begin_life(play, start=JUNE, amount=3000)
    discounts, gone = await new_coupon(play, FOREVER), await new_coupon(play, ONCE)
    schedules = play.stripe.v1.subscription_schedules
    schedule = await schedules.create_async({"from_subscription": life.id})
    price = schedule.phases[0]["items"][0].price
    phases = [
        {"items": [{"price": price}], "start_date": JUNE, "end_date": JULY},
        {
            "items": [{"price": price}],
            "duration": {"interval": "month"},
            "discounts": [*discounts, *gone],
        },
    ]
    await schedules.update_async(schedule.id, {"phases": phases})
    await play.stripe.v1.coupons.delete_async(gone[0]["coupon"])

    await life.to(JULY + 2 * HOUR)

    assert await totals_of(life) == [3000, 1500]
    coupon = await play.stripe.v1.coupons.retrieve_async(discounts[0]["coupon"])
    assert coupon.times_redeemed == 1
