"""Coupons on subscriptions: how long they hold, what they take off, and how often they do."""

from typing import Any

import pytest
import stripe

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.discounted_lives import (
    FOREVER,
    ONCE,
    REPEATING,
    latest_invoice,
    new_coupon,
    totals_of,
)
from tests.sandbox.playground import Playground
from tests.sandbox.subscription_lives import at, begin_life

JUNE = at("2030-06-01")
JULY = at("2030-07-01")
AUGUST = at("2030-08-01")
SEPTEMBER = at("2030-09-01")
OCTOBER = at("2030-10-01")
HOUR = 3600


@pytest.mark.parametrize(
    ("terms", "totals"),
    [
        (FOREVER, [1500, 1500, 1500, 1500, 1500]),
        (REPEATING, [1500, 1500, 1500, 3000, 3000]),
        (ONCE, [1500, 3000, 3000, 3000, 3000]),
        ({"amount_off": 5000, "currency": "eur", "duration": "once"}, [0, 3000, 3000, 3000, 3000]),
    ],
    ids=["forever", "three-months", "once", "more-than-the-price"],
)
async def test_a_coupon_holds_as_long_as_it_says(
    play: Playground, terms: dict[str, Any], totals: list[int]
) -> None:
    discounts = await new_coupon(play, terms)
    life = await begin_life(play, start=JUNE, amount=3000, discounts=discounts)

    for month in (JULY, AUGUST, SEPTEMBER, OCTOBER):
        await life.to(month + 2 * HOUR)

    assert await totals_of(life) == totals


async def test_an_invoice_says_what_each_discount_took_off(play: Playground) -> None:
    discounts = await new_coupon(play, FOREVER, name="Launch")
    life = await begin_life(play, start=JUNE, amount=3000, discounts=discounts)

    invoice = await latest_invoice(life, expand=["discounts", "discounts.source.coupon"])
    subscription = await life.now()

    discount = invoice.discounts[0]
    assert (invoice.subtotal, invoice.total, invoice.amount_paid) == (3000, 1500, 1500)
    assert [(one.amount, one.discount) for one in invoice.total_discount_amounts] == [
        (1500, discount.id)
    ]
    assert [one.amount for one in invoice.lines.data[0].discount_amounts] == [1500]
    assert [(one.amount, one.type) for one in invoice.total_pretax_credit_amounts] == [
        (1500, "discount")
    ]
    assert (discount.subscription, discount.source.coupon.name) == (life.id, "Launch")
    assert subscription.discounts == [discount.id]
    coupon = await play.stripe.v1.coupons.retrieve_async(discounts[0]["coupon"])
    assert coupon.times_redeemed == 1
    assert "customer.discount.created" in await life.events()


@pytest.mark.parametrize(
    ("terms", "totals"),
    [
        (ONCE, [0, 1500, 3000, 3000]),
        (REPEATING, [0, 1500, 1500, 1500]),
        ({**REPEATING, "duration_in_months": 1}, [0, 1500, 3000, 3000]),
    ],
    ids=["once", "three-months", "one-month"],
)
async def test_the_free_invoice_of_a_trial_uses_no_coupon_up(
    play: Playground, terms: dict[str, Any], totals: list[int]
) -> None:
    # The months of a repeating coupon are counted from the day on which it was redeemed.
    discounts = await new_coupon(play, terms)
    life = await begin_life(
        play, start=JUNE, amount=3000, discounts=discounts, trial_period_days=14
    )

    await life.to(JULY + 16 * DAY)
    await life.to(AUGUST + 16 * DAY)

    assert await totals_of(life) == totals


async def test_a_deleted_coupon_still_holds_where_it_was_redeemed(play: Playground) -> None:
    discounts = await new_coupon(play, ONCE)
    life = await begin_life(
        play, start=JUNE, amount=3000, discounts=discounts, trial_period_days=14
    )

    await play.stripe.v1.coupons.delete_async(discounts[0]["coupon"])
    shown = await play.stripe.v1.subscriptions.retrieve_async(
        life.id, {"expand": ["discounts.source.coupon"]}
    )
    await life.to(JULY)

    assert shown.discounts[0].source.coupon.valid is False
    assert await totals_of(life) == [0, 1500]


async def test_a_discount_that_was_taken_away_holds_no_more(play: Playground) -> None:
    discounts = await new_coupon(play, FOREVER)
    life = await begin_life(play, start=JUNE, amount=3000, discounts=discounts)

    gone = await play.stripe.v1.subscriptions.delete_discount_async(life.id)
    await life.to(JULY + 2 * HOUR)

    assert gone.deleted
    assert await totals_of(life) == [1500, 3000]
    assert (await life.now()).discounts == []
    assert "customer.discount.deleted" in await life.events()
    with pytest.raises(stripe.InvalidRequestError, match="No active discount"):
        await play.stripe.v1.subscriptions.delete_discount_async(life.id)


async def test_an_update_replaces_keeps_and_clears_discounts(play: Playground) -> None:
    subscriptions = play.stripe.v1.subscriptions
    life = await begin_life(
        play, start=JUNE, amount=3000, discounts=await new_coupon(play, FOREVER)
    )
    first = (await life.now()).discounts[0]

    both = [{"discount": first}, *await new_coupon(play, {"amount_off": 500, "currency": "eur"})]
    stacked = await subscriptions.update_async(life.id, {"discounts": both})
    preview = await play.stripe.v1.invoices.create_preview_async({"subscription": life.id})
    cleared = await subscriptions.update_async(life.id, {"discounts": ""})

    assert stacked.discounts[0] == first
    assert preview.total == 1000  # half of 30.00, and 5.00 less
    assert cleared.discounts == []
    await life.to(JULY + 2 * HOUR)
    assert await totals_of(life) == [1500, 3000]
    with pytest.raises(stripe.InvalidRequestError, match="No such discount"):
        await subscriptions.update_async(life.id, {"discounts": [{"discount": first}]})


async def test_a_preview_of_a_coupon_redeems_nothing(play: Playground) -> None:
    discounts = await new_coupon(play, ONCE)
    life = await begin_life(play, start=JUNE, amount=3000)
    price = (await life.now())["items"].data[0].price.id

    of_renewal = await play.stripe.v1.invoices.create_preview_async(
        {"subscription": life.id, "discounts": discounts}
    )
    of_start = await play.stripe.v1.invoices.create_preview_async(
        {
            "customer": life.customer.id,
            "discounts": discounts,
            "subscription_details": {"items": [{"price": price}]},
        }
    )

    assert (of_renewal.total, of_start.total) == (1500, 1500)
    assert [one.amount for one in of_start.total_discount_amounts] == [1500]
    coupon = await play.stripe.v1.coupons.retrieve_async(discounts[0]["coupon"])
    assert coupon.times_redeemed == 0
    assert (await life.now()).discounts == []


async def test_a_coupon_is_redeemed_no_more_often_than_it_may(play: Playground) -> None:
    discounts = await new_coupon(play, FOREVER, max_redemptions=1)
    await begin_life(play, start=JUNE, amount=3000, discounts=discounts)
    customer, price = await play.customer_with_card(), await play.plan(3000)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.subscription(customer, price, discounts=discounts)

    assert refusal.value.code == "coupon_expired"
    coupon = await play.stripe.v1.coupons.retrieve_async(discounts[0]["coupon"])
    assert (coupon.times_redeemed, coupon.valid) == (1, False)


async def test_only_the_products_of_a_coupon_are_discounted(play: Playground) -> None:
    price, other = await play.plan(3000), await play.plan(1000)
    discounts = await new_coupon(play, FOREVER, applies_to={"products": [other.product]})
    customer = await play.customer_with_card()

    subscription = await play.stripe.v1.subscriptions.create_async(
        {
            "customer": customer.id,
            "items": [{"price": price.id}, {"price": other.id}],
            "discounts": discounts,
            "expand": ["latest_invoice"],
        }
    )

    assert subscription.latest_invoice.total == 3500
