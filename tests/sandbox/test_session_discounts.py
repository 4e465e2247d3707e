"""Promotion codes, and discounts of Checkout sessions."""

from typing import Any

import pytest
import stripe

from tests.sandbox.discounted_lives import (
    FOREVER,
    ONCE,
    new_code,
    new_coupon,
)
from tests.sandbox.playground import Playground
from tests.sandbox.subscription_lives import at, begin_life

JUNE = at("2030-06-01")


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
    code = await new_code(play, FOREVER, **restrictions)
    life = await begin_life(play, start=JUNE, amount=3000)

    with pytest.raises(stripe.InvalidRequestError, match=words):
        await play.stripe.v1.subscriptions.update_async(
            life.id, {"discounts": [{"promotion_code": code.id}]}
        )

    assert (await play.stripe.v1.promotion_codes.retrieve_async(code.id)).times_redeemed == 0


async def test_a_code_of_one_customer_is_refused_to_others(loose: Playground) -> None:
    owner = await loose.customer_with_card()
    code = await new_code(loose, FOREVER, customer=owner.id, max_redemptions=1)
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
    code = await new_code(play, ONCE, code="LAUNCH50")
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
    discounts = await new_coupon(play, {"percent_off": 100, "duration": "once"})
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
    discounts = await new_coupon(play, {"amount_off": 300, "currency": "eur"})

    charge = await play.sale(1000, discounts=discounts, invoice_creation={"enabled": True})

    invoice = (await play.stripe.v1.invoices.list_async()).data[0]
    assert (charge.amount, invoice.subtotal, invoice.total) == (700, 1000, 700)
    coupon = await play.stripe.v1.coupons.retrieve_async(discounts[0]["coupon"])
    assert coupon.times_redeemed == 1


async def test_open_pages_never_redeem_more_than_is_possible(play: Playground) -> None:
    discounts = await new_coupon(play, FOREVER, max_redemptions=2)
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
    discounts = await new_coupon(play, FOREVER)
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
    await new_coupon(loose, {"id": "big", "amount_off": 2980, "currency": "eur"})
    price, customer = await loose.plan(3000), await loose.customer()

    with pytest.raises(stripe.InvalidRequestError):
        await loose.subscribe(price, customer, discounts=discounts)
