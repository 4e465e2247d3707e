"""Trials of subscriptions: announced, paid at their end, or ended without a card."""

import pytest

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import SPRING, Playground
from tests.sandbox.subscription_lives import begin_life, pay_on_page

HOUR = 3600
RENEWED = [
    "customer.subscription.updated",
    "invoice.created",
    "invoice.finalized",
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "invoice_payment.paid",
    "invoice.paid",
    "invoice.payment_succeeded",
    "charge.updated",
]


async def test_a_trial_with_a_card_is_announced_and_then_paid(play: Playground) -> None:
    life = await begin_life(play, trial_period_days=14)
    first = (await life.invoices())[0]
    await life.mark()

    await life.to(SPRING + 11 * DAY)
    announced = await life.events()
    await life.to(SPRING + 14 * DAY + HOUR)

    assert (first.total, first.status, first.number[-5:]) == (0, "paid", "-0001")
    assert announced == ["customer.subscription.trial_will_end"]
    assert (await life.events())[1:] == RENEWED
    subscription = await life.now("latest_invoice")
    assert (subscription.status, subscription.latest_invoice.amount_paid) == ("active", 2900)
    assert subscription.billing_cycle_anchor == SPRING + 14 * DAY


async def test_a_trial_of_two_days_is_announced_at_once(play: Playground) -> None:
    life = await begin_life(play, trial_period_days=2)

    assert "customer.subscription.trial_will_end" in await life.events()


@pytest.mark.parametrize(
    ("behavior", "status", "events"),
    [
        ("cancel", "canceled", ["customer.subscription.deleted"]),
        (
            "pause",
            "paused",
            ["customer.subscription.updated", "customer.subscription.paused"],
        ),
        (
            "create_invoice",
            "past_due",
            [
                "customer.subscription.updated",
                "invoice.created",
                "invoice.finalized",
                "payment_intent.created",
                "invoice.payment_failed",
                "customer.subscription.updated",
                "customer.updated",
            ],
        ),
    ],
)
async def test_a_trial_ends_without_a_card(
    play: Playground, behavior: str, status: str, events: list[str]
) -> None:
    settings = {"end_behavior": {"missing_payment_method": behavior}}
    life = await begin_life(play, None, trial_period_days=14, trial_settings=settings)
    await life.to(SPRING + 13 * DAY)
    await life.mark()

    await life.to(SPRING + 14 * DAY + HOUR)

    subscription = await life.now()
    assert subscription.status == status
    assert subscription.cancellation_details.reason is None
    assert await life.events() == events


async def test_a_card_that_is_added_in_the_trial_is_charged(play: Playground) -> None:
    settings = {"end_behavior": {"missing_payment_method": "cancel"}}
    life = await begin_life(play, None, trial_period_days=14, trial_settings=settings)
    method = await play.stripe.v1.payment_methods.attach_async(
        "pm_card_visa", {"customer": life.customer.id}
    )

    await play.set_default_card(life.customer, method)
    await life.to(SPRING + 14 * DAY + HOUR)

    subscription = await life.now("latest_invoice")
    assert (subscription.status, subscription.latest_invoice.status) == ("active", "paid")


@pytest.mark.parametrize("card", [True, False], ids=["with a card", "without"])
async def test_a_paused_trial_is_resumed_by_a_payment(play: Playground, card: bool) -> None:
    settings = {"end_behavior": {"missing_payment_method": "pause"}}
    life = await begin_life(play, None, trial_period_days=14, trial_settings=settings)
    await life.to(SPRING + 20 * DAY)
    if card:
        method = await play.stripe.v1.payment_methods.attach_async(
            "pm_card_visa", {"customer": life.customer.id}
        )
        await play.set_default_card(life.customer, method)

    resumed = await play.stripe.v1.subscriptions.resume_async(life.id)

    if not card:
        assert resumed.status == "paused"
        await pay_on_page(play, (await life.invoices())[-1])
        resumed = await life.now()
    assert resumed.status == "active"
    assert resumed.billing_cycle_anchor == SPRING + 20 * DAY
    assert resumed.status_details is None
    assert "customer.subscription.resumed" in await life.events()


async def test_a_card_whose_owner_confirmed_once_renews_without_asking(play: Playground) -> None:
    clock = await play.test_clock()
    customer = await play.customer(test_clock=clock.id)
    trial = {"trial_period_days": 7}
    session = await play.subscribe(await play.plan(2900), customer, subscription_data=trial)
    await play.pay(session, card="4000002500003155")
    await play.http.post(f"/c/pay/{session.id}/confirm", data={"action": "complete"})

    await play.advance_test_clock(clock, 7 * DAY + HOUR)

    found = await play.stripe.v1.subscriptions.list_async(
        {"customer": customer.id, "expand": ["data.latest_invoice"]}
    )
    assert [(one.status, one.latest_invoice.amount_paid) for one in found.data] == [
        ("active", 2900)
    ]


@pytest.mark.parametrize(
    ("behavior", "status"),
    [("resume_on_payment_attempt", "past_due"), ("resume_on_payment_success", "paused")],
)
async def test_a_card_that_fails_resumes_a_paused_trial_by_the_payment_behavior(
    play: Playground, behavior: str, status: str
) -> None:
    settings = {"end_behavior": {"missing_payment_method": "pause"}}
    life = await begin_life(play, None, trial_period_days=14, trial_settings=settings)
    await life.to(SPRING + 20 * DAY)
    method = await play.stripe.v1.payment_methods.attach_async(
        "pm_card_chargeCustomerFail", {"customer": life.customer.id}
    )
    await play.set_default_card(life.customer, method)

    resumed = await play.stripe.v1.subscriptions.resume_async(
        life.id, {"payment_behavior": behavior}
    )

    assert resumed.status == status


async def test_a_paused_trial_goes_on_when_its_invoice_is_given_up(play: Playground) -> None:
    settings = {"end_behavior": {"missing_payment_method": "pause"}}
    life = await begin_life(play, None, trial_period_days=14, trial_settings=settings)
    await life.to(SPRING + 20 * DAY)
    await play.stripe.v1.subscriptions.resume_async(life.id)

    await play.stripe.v1.invoices.mark_uncollectible_async((await life.invoices())[-1].id)

    assert (await life.now()).status == "active"
