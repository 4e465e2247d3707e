"""Checkout in subscription mode: with a trial and without, with a card and without."""

from typing import Any

import pytest
import stripe

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import Playground

TRIAL: dict[str, Any] = {
    "payment_method_collection": "if_required",
    "subscription_data": {
        "trial_period_days": 14,
        "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
        "metadata": {"tier": "pro"},
        "billing_mode": {"type": "flexible"},
    },
}
NO_CARD = {"card": "", "exp": "", "cvc": ""}


async def _bought(play: Playground, session: Any) -> Any:
    expand = ["subscription.latest_invoice", "subscription.default_payment_method"]
    return await play.stripe.v1.checkout.sessions.retrieve_async(session.id, {"expand": expand})


async def test_a_trial_with_a_card_saves_it_and_costs_nothing(play: Playground) -> None:
    session = await play.subscribe(await play.plan(2900), await play.customer(), **TRIAL)
    seen = len(await play.event_types())

    answer = await play.pay(session)

    assert answer.status_code == 303
    bought = await _bought(play, session)
    subscription = bought.subscription
    assert (session.amount_total, bought.status, bought.payment_status) == (
        0,
        "complete",
        "no_payment_required",
    )
    assert (subscription.status, subscription.to_dict()["metadata"]) == (
        "trialing",
        {"tier": "pro"},
    )
    assert subscription.trial_end - subscription.trial_start == 14 * DAY
    assert subscription["items"].data[0].current_period_end == subscription.trial_end
    assert subscription.default_payment_method.card.last4 == "4242"
    invoice = subscription.latest_invoice
    assert (invoice.id, invoice.total, invoice.status) == (bought.invoice, 0, "paid")
    assert invoice.billing_reason == "subscription_create"
    assert await play.events_since(seen) == [
        "setup_intent.created",
        "setup_intent.succeeded",
        "payment_method.attached",
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "checkout.session.completed",
        "customer.updated",
    ]


async def test_a_trial_without_a_card_asks_for_none(play: Playground) -> None:
    session = await play.subscribe(await play.plan(2900), await play.customer(), **TRIAL)
    seen = len(await play.event_types())

    page = await play.http.get(f"/c/pay/{session.id}")
    answer = await play.pay(session, **NO_CARD)

    assert "Start the trial" in page.text
    assert "required" not in page.text
    assert "€29.00" in page.text
    assert answer.status_code == 303
    subscription = (await _bought(play, session)).subscription
    assert (subscription.status, subscription.default_payment_method) == ("trialing", None)
    assert (await play.events_since(seen))[0] == "customer.subscription.created"


async def test_a_card_that_is_always_collected_cannot_be_left_out(play: Playground) -> None:
    wanted = {**TRIAL, "payment_method_collection": "always"}
    session = await play.subscribe(await play.plan(), await play.customer(), **wanted)

    page = await play.http.get(f"/c/pay/{session.id}")
    answer = await play.pay(session, **NO_CARD)

    assert "required" in page.text
    assert answer.status_code == 402
    assert (await _bought(play, session)).status == "open"


async def test_without_a_trial_the_first_period_is_paid(play: Playground) -> None:
    session = await play.subscribe(await play.plan(2900), await play.customer())
    seen = len(await play.event_types())

    answer = await play.pay(session)

    assert answer.status_code == 303
    bought = await _bought(play, session)
    assert (bought.payment_status, bought.amount_total, bought.payment_intent) == (
        "paid",
        2900,
        None,
    )
    subscription = bought.subscription
    assert (subscription.status, subscription.latest_invoice.amount_paid) == ("active", 2900)
    line = subscription.latest_invoice.lines.data[0]
    assert line.description == "1 × Pro (at €29.00 / month)"
    assert (
        line.parent.subscription_item_details.subscription_item == subscription["items"].data[0].id
    )
    assert await play.events_since(seen) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "payment_method.attached",
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "invoice_payment.paid",
        "invoice.paid",
        "invoice.payment_succeeded",
        "checkout.session.completed",
        "charge.updated",
        "customer.updated",
    ]


@pytest.mark.parametrize("values", [{}, TRIAL], ids=["paid", "trial"])
async def test_a_declined_card_makes_no_subscription(
    play: Playground, values: dict[str, Any]
) -> None:
    customer = await play.customer()
    session = await play.subscribe(await play.plan(2900), customer, **values)

    refused = await play.pay(session, card="4000000000000002")
    before = await play.stripe.v1.subscriptions.list_async({"customer": customer.id})
    paid = await play.pay(session)

    assert (refused.status_code, paid.status_code) == (402, 303)
    assert before.data == []
    after = await play.stripe.v1.subscriptions.list_async({"customer": customer.id})
    assert len(after.data) == 1


@pytest.mark.parametrize("values", [{}, TRIAL], ids=["paid", "trial"])
async def test_the_owner_of_the_card_confirms(play: Playground, values: dict[str, Any]) -> None:
    session = await play.subscribe(await play.plan(2900), await play.customer(), **values)

    asked = await play.pay(session, card="4000002500003155")
    refused = await play.http.post(f"/c/pay/{session.id}/confirm", data={"action": "fail"})
    await play.pay(session, card="4000002500003155")
    done = await play.http.post(f"/c/pay/{session.id}/confirm", data={"action": "complete"})

    assert asked.headers["location"].endswith("/confirm")
    assert (refused.status_code, done.status_code) == (402, 303)
    assert (await _bought(play, session)).subscription.status == (
        "trialing" if values else "active"
    )


async def test_a_card_that_only_saves_starts_a_trial(play: Playground) -> None:
    session = await play.subscribe(await play.plan(2900), await play.customer(), **TRIAL)

    answer = await play.pay(session, card="4000000000000341")

    assert answer.status_code == 303
    assert (await _bought(play, session)).subscription.default_payment_method.card.last4 == "0341"


async def test_a_guest_becomes_a_customer(play: Playground) -> None:
    price = await play.plan(500)
    session = await play.session(
        mode="subscription", line_items=[{"price": price.id, "quantity": 2}]
    )

    await play.pay(session, email="guest@example.org")

    bought = await _bought(play, session)
    assert (bought.amount_total, bought.subscription["items"].data[0].quantity) == (1000, 2)
    customer = await play.stripe.v1.customers.retrieve_async(
        bought.customer, {"expand": ["subscriptions"]}
    )
    assert (customer.email, customer.currency) == ("guest@example.org", "eur")
    assert [one.id for one in customer.subscriptions.data] == [bought.subscription.id]


async def test_each_number_that_begins_like_the_visa_pays_and_is_another_card(
    play: Playground,
) -> None:
    price = await play.plan(500)
    prints = set()
    for number in ("4242420000000018", "4242420000000026"):
        session = await play.subscribe(price, await play.customer())
        await play.pay(session, card=number)
        method = (await _bought(play, session)).subscription.default_payment_method
        prints.add(method.card.fingerprint)

    assert len(prints) == 2


@pytest.mark.parametrize(
    ("values", "param"),
    [
        ({"subscription_data": {"trial_period_days": 0}}, "subscription_data[trial_period_days]"),
        ({"subscription_data": {"trial_end": 5}}, "subscription_data[trial_end]"),
        (
            {"subscription_data": {"billing_mode": {"type": "classic"}}},
            "subscription_data[billing_mode][type]",
        ),
        (
            {
                "subscription_data": {
                    "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}}
                }
            },
            "subscription_data[trial_settings]",
        ),
        ({"payment_intent_data": {"description": "x"}}, "payment_intent_data"),
    ],
    ids=["no days", "past", "classic", "settings alone", "payment mode"],
)
async def test_a_subscription_that_cannot_be_is_refused(
    loose: Playground, values: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.subscribe(await loose.plan(), await loose.customer(), **values)

    assert refusal.value.param == param


async def test_a_one_time_price_is_no_subscription(loose: Playground) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.subscribe(await loose.price(), await loose.customer())

    assert refusal.value.param == "line_items[0][price]"
