"""Coupons on subscriptions: how long they hold, what they take off, and how often they do.

June 2030 has 30 days: every day of a monthly plan of 30.00 is worth 1.00.
"""

from typing import Any

import pytest
import stripe

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import Playground
from tests.sandbox.subscription_lives import Life, at, begin_life

JUNE, JULY, AUGUST = at("2030-06-01"), at("2030-07-01"), at("2030-08-01")
SEPTEMBER, OCTOBER = at("2030-09-01"), at("2030-10-01")
HOUR = 3600
FOREVER = {"percent_off": 50, "duration": "forever"}
REPEATING = {"percent_off": 50, "duration": "repeating", "duration_in_months": 3}
ONCE = {"percent_off": 50, "duration": "once"}


async def _coupon(play: Playground, terms: dict[str, Any], **values: Any) -> list[dict[str, str]]:
    """The parameter `discounts` of a new coupon."""
    coupon = await play.stripe.v1.coupons.create_async({**terms, **values})
    return [{"coupon": coupon.id}]


async def _totals(life: Life) -> list[int]:
    """Oldest first."""
    invoices = await life.play.stripe.v1.invoices.list_async(
        {"subscription": life.id, "limit": 100}
    )
    return [invoice.total for invoice in reversed(invoices.data)]


async def _invoice(life: Life, **values: Any) -> Any:
    """The latest one."""
    latest = (await life.now()).latest_invoice
    return await life.play.stripe.v1.invoices.retrieve_async(latest, values)


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
    discounts = await _coupon(play, terms)
    life = await begin_life(play, start=JUNE, amount=3000, discounts=discounts)

    for month in (JULY, AUGUST, SEPTEMBER, OCTOBER):
        await life.to(month + 2 * HOUR)

    assert await _totals(life) == totals


async def test_an_invoice_says_what_each_discount_took_off(play: Playground) -> None:
    discounts = await _coupon(play, FOREVER, name="Launch")
    life = await begin_life(play, start=JUNE, amount=3000, discounts=discounts)

    invoice = await _invoice(life, expand=["discounts", "discounts.source.coupon"])
    subscription = await life.now()

    discount = invoice.discounts[0]
    assert (invoice.subtotal, invoice.total, invoice.amount_paid) == (3000, 1500, 1500)
    assert [(one.amount, one.discount) for one in invoice.total_discount_amounts] == [
        (1500, discount.id)
    ]
    assert [one.amount for one in invoice.lines.data[0].discount_amounts] == [1500]
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
    discounts = await _coupon(play, terms)
    life = await begin_life(
        play, start=JUNE, amount=3000, discounts=discounts, trial_period_days=14
    )

    await life.to(JULY + 16 * DAY)
    await life.to(AUGUST + 16 * DAY)

    assert await _totals(life) == totals


async def test_a_deleted_coupon_still_holds_where_it_was_redeemed(play: Playground) -> None:
    discounts = await _coupon(play, ONCE)
    life = await begin_life(
        play, start=JUNE, amount=3000, discounts=discounts, trial_period_days=14
    )

    await play.stripe.v1.coupons.delete_async(discounts[0]["coupon"])
    shown = await play.stripe.v1.subscriptions.retrieve_async(
        life.id, {"expand": ["discounts.source.coupon"]}
    )
    await life.to(JULY)

    assert shown.discounts[0].source.coupon.valid is False
    assert await _totals(life) == [0, 1500]


async def test_a_discount_that_was_taken_away_holds_no_more(play: Playground) -> None:
    discounts = await _coupon(play, FOREVER)
    life = await begin_life(play, start=JUNE, amount=3000, discounts=discounts)

    gone = await play.stripe.v1.subscriptions.delete_discount_async(life.id)
    await life.to(JULY + 2 * HOUR)

    assert gone.deleted
    assert await _totals(life) == [1500, 3000]
    assert (await life.now()).discounts == []
    assert "customer.discount.deleted" in await life.events()
    with pytest.raises(stripe.InvalidRequestError, match="No active discount"):
        await play.stripe.v1.subscriptions.delete_discount_async(life.id)


async def test_an_update_replaces_keeps_and_clears_discounts(play: Playground) -> None:
    subscriptions = play.stripe.v1.subscriptions
    life = await begin_life(play, start=JUNE, amount=3000, discounts=await _coupon(play, FOREVER))
    first = (await life.now()).discounts[0]

    both = [{"discount": first}, *await _coupon(play, {"amount_off": 500, "currency": "eur"})]
    stacked = await subscriptions.update_async(life.id, {"discounts": both})
    preview = await play.stripe.v1.invoices.create_preview_async({"subscription": life.id})
    cleared = await subscriptions.update_async(life.id, {"discounts": ""})

    assert stacked.discounts[0] == first
    assert preview.total == 1000  # half of 30.00, and 5.00 less
    assert cleared.discounts == []
    await life.to(JULY + 2 * HOUR)
    assert await _totals(life) == [1500, 3000]
    with pytest.raises(stripe.InvalidRequestError, match="No such discount"):
        await subscriptions.update_async(life.id, {"discounts": [{"discount": first}]})


async def test_a_preview_of_a_coupon_redeems_nothing(play: Playground) -> None:
    discounts = await _coupon(play, ONCE)
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


async def test_an_upgrade_gives_back_and_bills_what_was_paid(play: Playground) -> None:
    # After 10 of 30 days: 2/3 of the 15.00 that were paid come back, 2/3 of 45.00 are due.
    life = await begin_life(play, start=JUNE, amount=3000, discounts=await _coupon(play, FOREVER))
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

    invoice = await _invoice(life)
    lines = [(line.amount, line.discount_amounts[0].amount) for line in invoice.lines.data]
    assert lines == [(-2000, -1000), (6000, 3000)]
    assert (preview.total, invoice.total, invoice.status) == (2000, 2000, "paid")
    await life.to(JULY + 2 * HOUR)
    assert (await _totals(life))[-1] == 4500


async def test_two_upgrades_before_the_next_invoice_add_up(play: Playground) -> None:
    # Days 10 to 20 at 45.00 a month, days 20 to 30 at 90.00, both at half their price.
    life = await begin_life(play, start=JUNE, amount=3000, discounts=await _coupon(play, FOREVER))
    for day, amount in ((10, 9000), (20, 18000)):
        await life.to(JUNE + day * DAY)
        item = (await life.now())["items"].data[0].id
        price = await play.plan(amount)
        change = {"items": [{"id": item, "price": price.id}]}
        await play.stripe.v1.subscriptions.update_async(life.id, change)

    await life.to(JULY + 2 * HOUR)

    # -10.00 for Pro, 15.00 for days 10 to 20, 30.00 for days 20 to 30, and 90.00 for July.
    assert await _totals(life) == [1500, 12500]


async def test_a_forever_coupon_survives_a_downgrade_only_if_its_phase_lists_it(
    play: Playground,
) -> None:
    cheap = await play.plan(2000, name="Starter")
    totals = []
    for is_listed in (True, False):
        discounts = await _coupon(play, FOREVER)
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
        totals.append(await _totals(life))

    assert totals == [[1500, 1000], [1500, 2000]]


async def test_a_phase_redeems_its_coupon_when_it_begins(play: Playground) -> None:
    life = await begin_life(play, start=JUNE, amount=3000)
    discounts, gone = await _coupon(play, FOREVER), await _coupon(play, ONCE)
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

    assert await _totals(life) == [3000, 1500]
    coupon = await play.stripe.v1.coupons.retrieve_async(discounts[0]["coupon"])
    assert coupon.times_redeemed == 1


async def test_a_coupon_is_redeemed_no_more_often_than_it_may(play: Playground) -> None:
    discounts = await _coupon(play, FOREVER, max_redemptions=1)
    await begin_life(play, start=JUNE, amount=3000, discounts=discounts)
    customer, price = await play.customer_with_card(), await play.plan(3000)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.subscription(customer, price, discounts=discounts)

    assert refusal.value.code == "coupon_expired"
    coupon = await play.stripe.v1.coupons.retrieve_async(discounts[0]["coupon"])
    assert (coupon.times_redeemed, coupon.valid) == (1, False)


async def test_only_the_products_of_a_coupon_are_discounted(play: Playground) -> None:
    price, other = await play.plan(3000), await play.plan(1000)
    discounts = await _coupon(play, FOREVER, applies_to={"products": [other.product]})
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


async def _code(play: Playground, terms: dict[str, Any], **values: Any) -> Any:
    coupon = (await _coupon(play, terms))[0]["coupon"]
    return await play.stripe.v1.promotion_codes.create_async(
        {"promotion": {"type": "coupon", "coupon": coupon}, **values}
    )


@pytest.mark.parametrize(
    ("restrictions", "words"),
    [
        ({"restrictions": {"first_time_transaction": True}}, "prior transactions"),
        (
            {"restrictions": {"minimum_amount": 3001, "minimum_amount_currency": "eur"}},
            "below its minimum",
        ),
        ({"active": False}, "not active"),
    ],
    ids=["bought-before", "minimum", "retired"],
)
async def test_a_code_is_refused_where_its_restrictions_say_so(
    play: Playground, restrictions: dict[str, Any], words: str
) -> None:
    code = await _code(play, FOREVER, **restrictions)
    life = await begin_life(play, start=JUNE, amount=3000)

    with pytest.raises(stripe.InvalidRequestError, match=words):
        await play.stripe.v1.subscriptions.update_async(
            life.id, {"discounts": [{"promotion_code": code.id}]}
        )

    assert (await play.stripe.v1.promotion_codes.retrieve_async(code.id)).times_redeemed == 0


async def test_a_code_of_one_customer_is_refused_to_others(loose: Playground) -> None:
    owner = await loose.customer_with_card()
    code = await _code(loose, FOREVER, customer=owner.id, max_redemptions=1)
    other, price = await loose.customer_with_card(), await loose.plan(3000)
    discounts = [{"promotion_code": code.id}]

    with pytest.raises(stripe.InvalidRequestError, match="another customer"):
        await loose.subscription(other, price, discounts=discounts)
    await loose.subscription(owner, price, discounts=discounts)

    after = await loose.stripe.v1.promotion_codes.retrieve_async(
        code.id, {"expand": ["promotion.coupon"]}
    )
    assert (after.times_redeemed, after.active) == (1, False)
    assert after.promotion.coupon.times_redeemed == 1


async def test_checkout_charges_the_discounted_price(play: Playground) -> None:
    code = await _code(play, ONCE, code="LAUNCH50")
    customer, price = await play.customer(), await play.plan(3000)
    session = await play.subscribe(price, customer, discounts=[{"promotion_code": code.id}])

    page = await play.http.get(f"/c/pay/{session.id}", headers={"accept-language": "en"})
    await play.pay(session)

    paid = await play.stripe.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["invoice", "subscription", "line_items"]}
    )
    assert "-€15.00" in page.text
    assert (paid.amount_subtotal, paid.amount_total) == (3000, 1500)
    assert paid.total_details.amount_discount == 1500
    assert paid.line_items.data[0].amount_discount == 1500
    assert paid.discounts[0].promotion_code == code.id
    assert (paid.invoice.total, paid.invoice.amount_paid) == (1500, 1500)
    assert paid.subscription.discounts == []
    used = await play.stripe.v1.promotion_codes.retrieve_async(code.id)
    assert used.times_redeemed == 1


async def test_a_free_checkout_needs_no_card(play: Playground) -> None:
    discounts = await _coupon(play, {"percent_off": 100, "duration": "once"})
    customer, price = await play.customer(), await play.plan(3000)
    session = await play.subscribe(
        price, customer, discounts=discounts, payment_method_collection="if_required"
    )

    answer = await play.pay(session, card="", exp="", cvc="")

    paid = await play.stripe.v1.checkout.sessions.retrieve_async(
        session.id, {"expand": ["subscription"]}
    )
    assert answer.status_code == 303
    assert (paid.payment_status, paid.subscription.status) == ("no_payment_required", "active")


async def test_a_one_time_sale_is_discounted_with_its_invoice(play: Playground) -> None:
    discounts = await _coupon(play, {"amount_off": 300, "currency": "eur"})

    charge = await play.sale(1000, discounts=discounts, invoice_creation={"enabled": True})

    invoice = (await play.stripe.v1.invoices.list_async()).data[0]
    assert (charge.amount, invoice.subtotal, invoice.total) == (700, 1000, 700)
    coupon = await play.stripe.v1.coupons.retrieve_async(discounts[0]["coupon"])
    assert coupon.times_redeemed == 1


async def test_open_pages_never_redeem_more_than_is_possible(play: Playground) -> None:
    discounts = await _coupon(play, FOREVER, max_redemptions=2)
    price = await play.plan(3000)
    customers = [await play.customer() for _ in range(4)]
    sessions = [await play.subscribe(price, one, discounts=discounts) for one in customers]

    answers = [await play.pay(session) for session in sessions]

    assert [answer.status_code for answer in answers] == [303, 303, 402, 402]
    assert "cannot be used any more" in answers[2].text
    coupon = await play.stripe.v1.coupons.retrieve_async(discounts[0]["coupon"])
    assert coupon.times_redeemed == 2
    subscriptions = (await play.stripe.v1.subscriptions.list_async()).data
    assert len(subscriptions) == 2


async def test_a_coupon_that_ends_before_the_bank_confirms_stops_the_payment(
    play: Playground,
) -> None:
    discounts = await _coupon(play, FOREVER)
    session = await play.subscribe(
        await play.plan(3000), await play.customer(), discounts=discounts
    )
    sent = await play.pay(session, card="4000002760003184")

    await play.stripe.v1.coupons.delete_async(discounts[0]["coupon"])
    answer = await play.http.post(sent.headers["location"], data={"action": "complete"})

    assert answer.status_code == 402
    assert (await play.stripe.v1.charges.list_async()).data == []


@pytest.mark.parametrize(
    "discounts",
    [
        [{"coupon": "nothing"}],
        [{"coupon": "big"}, {"coupon": "big"}],
        [{"coupon": "big"}],
    ],
    ids=["unknown", "two", "too-little-left"],
)
async def test_discounts_that_do_not_fit_a_session_are_refused(
    loose: Playground, discounts: list[dict[str, str]]
) -> None:
    await _coupon(loose, {"id": "big", "amount_off": 2980, "currency": "eur"})
    price, customer = await loose.plan(3000), await loose.customer()

    with pytest.raises(stripe.InvalidRequestError):
        await loose.subscribe(price, customer, discounts=discounts)
