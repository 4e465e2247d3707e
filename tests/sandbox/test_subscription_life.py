"""Subscriptions as time passes: trials, renewals, failures and ends, on a customer's test clock."""

from typing import Any

import pytest
import stripe

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import SPRING, Playground
from tests.sandbox.subscription_lives import at, begin_life, day_of, pay_on_page

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


async def test_a_renewal_is_drafted_then_finalized_and_paid_an_hour_later(
    play: Playground,
) -> None:
    life = await begin_life(play)
    end = (await life.now())["items"].data[0].current_period_end
    await life.mark()

    await life.to(end)
    drafted = (await life.now("latest_invoice")).latest_invoice
    await life.to(end + HOUR)

    assert (drafted.status, drafted.number, drafted.auto_advance) == ("draft", None, True)
    assert drafted.automatically_finalizes_at == end + HOUR
    renewed = (await life.now("latest_invoice")).latest_invoice
    assert (renewed.id, renewed.status, renewed.amount_paid) == (drafted.id, "paid", 2900)
    assert renewed.billing_reason == "subscription_cycle"
    assert renewed.number.endswith("-0002")
    assert await life.events() == RENEWED


@pytest.mark.parametrize(
    ("start", "interval", "days"),
    [
        ("2030-01-31", "month", ["2030-02-28", "2030-03-31", "2030-04-30"]),
        ("2028-01-31", "month", ["2028-02-29", "2028-03-31", "2028-04-30"]),
        ("2028-02-29", "year", ["2029-02-28", "2030-02-28"]),
    ],
    ids=["31st", "leap-31st", "leap-year"],
)
async def test_renewals_keep_the_day_of_the_anchor(
    play: Playground, start: str, interval: str, days: list[str]
) -> None:
    life = await begin_life(play, start=at(start), interval=interval)

    for day in days:
        await life.to(at(day) + 2 * HOUR)

    invoices = await life.invoices()
    assert [day_of(invoice.created) for invoice in invoices] == [start, *days]
    assert {invoice.status for invoice in invoices} == {"paid"}


async def test_a_clock_advances_by_two_intervals_at_most(play: Playground) -> None:
    life = await begin_life(play, interval="week")

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await life.to(SPRING + 14 * DAY + 1)

    assert refusal.value.param == "frozen_time"
    await life.to(SPRING + 14 * DAY)
    assert len(await life.invoices()) == 3


async def test_no_due_step_is_jumped_over(play: Playground) -> None:
    life = await begin_life(play)
    first = (await life.now())["items"].data[0].current_period_end
    await life.mark()

    await life.to(first + 30 * DAY)

    assert await life.events() == [*RENEWED, *RENEWED[:2]]
    assert len(await life.invoices()) == 3


async def test_subscriptions_without_a_test_clock_live_on_the_global_clock(
    play: Playground,
) -> None:
    customer = await play.customer_with_card()
    subscription = await play.subscription(customer, await play.plan(), trial_period_days=7)
    seen = len(await play.event_types())

    await play.advance("P8D")

    now = await play.stripe.v1.subscriptions.retrieve_async(
        subscription.id, {"expand": ["latest_invoice"]}
    )
    assert (now.status, now.latest_invoice.status) == ("active", "paid")
    assert (await play.events_since(seen))[:2] == [
        "customer.subscription.trial_will_end",
        "customer.subscription.updated",
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


async def test_a_failed_renewal_is_tried_again_and_then_ends_the_subscription(
    play: Playground,
) -> None:
    life = await begin_life(play, trial_period_days=14)
    bad = await play.stripe.v1.payment_methods.attach_async(
        "pm_card_chargeCustomerFail", {"customer": life.customer.id}
    )
    await play.set_default_card(life.customer, bad)
    await life.to(SPRING + 14 * DAY)
    await life.mark()
    failed_at = SPRING + 14 * DAY + HOUR

    await life.to(failed_at)
    first = await life.events()
    owing = await life.now("latest_invoice", "customer")
    tried = []
    for days in (3, 5, 7):
        await life.to(failed_at + days * DAY - 1)
        tried.append((await life.now("latest_invoice")).latest_invoice.attempt_count)
    await life.mark()
    await life.to(failed_at + 7 * DAY)

    assert first == [
        "invoice.finalized",
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        "invoice.payment_failed",
        "customer.subscription.updated",
        "customer.updated",
    ]
    assert (owing.status, owing.customer.delinquent) == ("past_due", True)
    assert owing.latest_invoice.next_payment_attempt == failed_at + 3 * DAY
    assert tried == [1, 2, 3]
    ended = await life.now("latest_invoice", "customer")
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "payment_failed")
    assert (ended.latest_invoice.status, ended.latest_invoice.attempt_count) == ("open", 4)
    assert ended.latest_invoice.next_payment_attempt is None
    assert ended.customer.delinquent is False
    assert await life.events() == [
        "charge.failed",
        "payment_intent.payment_failed",
        "invoice.payment_failed",
        "invoice.updated",
        "customer.subscription.deleted",
        "customer.updated",
    ]


async def test_a_new_card_recovers_at_the_next_try(play: Playground) -> None:
    life = await begin_life(play, "pm_card_chargeCustomerFail", trial_period_days=1)
    await life.to(SPRING + DAY + HOUR)
    good = await play.stripe.v1.payment_methods.attach_async(
        "pm_card_visa", {"customer": life.customer.id}
    )

    await play.set_default_card(life.customer, good)
    await life.to(SPRING + 4 * DAY + HOUR)

    subscription = await life.now("latest_invoice", "customer")
    assert (subscription.status, subscription.latest_invoice.status) == ("active", "paid")
    assert subscription.customer.delinquent is False


async def test_a_new_card_and_a_payment_by_the_api_recover_at_once(play: Playground) -> None:
    life = await begin_life(play, "pm_card_chargeCustomerFail", trial_period_days=1)
    await life.to(SPRING + DAY + HOUR)
    good = await play.stripe.v1.payment_methods.attach_async(
        "pm_card_visa", {"customer": life.customer.id}
    )

    paid = await play.stripe.v1.invoices.pay_async(
        (await life.invoices())[-1].id, {"payment_method": good.id}
    )

    assert (paid.status, paid.attempt_count, paid.next_payment_attempt) == ("paid", 2, None)
    assert (await life.now()).status == "active"


async def test_a_lost_card_is_not_asked_again(play: Playground) -> None:
    life = await begin_life(play, trial_period_days=1)
    await play.control(f"customers/{life.customer.id}/next_charge", {"outcome": "lost_card"})
    await life.to(SPRING + DAY + HOUR)

    await life.to(SPRING + 7 * DAY + 12 * HOUR)
    before = (await life.now("latest_invoice")).latest_invoice.attempt_count
    await life.to(SPRING + 9 * DAY)

    assert before == 1
    assert (await life.now()).status == "canceled"


async def test_a_renewal_that_needs_its_owner_is_confirmed_on_the_page(play: Playground) -> None:
    life = await begin_life(play, "pm_card_authenticationRequired", trial_period_days=1)
    await life.to(SPRING + DAY)
    await life.mark()
    await life.to(SPRING + DAY + HOUR)
    invoice = (await life.now("latest_invoice.confirmation_secret")).latest_invoice

    assert await life.events() == [
        "invoice.finalized",
        "payment_intent.created",
        "payment_intent.requires_action",
        "invoice.payment_action_required",
        "invoice.payment_failed",
        "customer.subscription.updated",
        "customer.updated",
    ]
    assert invoice.confirmation_secret.client_secret.startswith("pi_")
    confirmation = invoice.hosted_invoice_url + "/confirm"
    page = await play.http.get(confirmation)
    refused = await play.http.post(confirmation, data={"action": "fail"})
    await pay_on_page(play, invoice, "4000002760003184")
    paid = await play.http.post(confirmation, data={"action": "complete"})

    assert "€29.00" in page.text
    assert (refused.status_code, paid.status_code) == (402, 303)
    subscription = await life.now("latest_invoice")
    assert (subscription.status, subscription.latest_invoice.status) == ("active", "paid")


async def test_another_card_on_the_page_pays_and_renews_from_then_on(play: Playground) -> None:
    life = await begin_life(play, "pm_card_chargeCustomerFail", trial_period_days=1)
    await life.to(SPRING + DAY + HOUR)
    invoice = (await life.invoices())[-1]

    refused = await pay_on_page(play, invoice, "4000000000009995")
    paid = await pay_on_page(play, invoice, "5555555555554444")
    again = await play.http.get(invoice.hosted_invoice_url)

    assert "insufficient funds" in refused.text
    assert paid.status_code == 303
    assert 'name="card"' not in again.text
    subscription = await life.now("default_payment_method")
    assert subscription.status == "active"
    assert subscription.default_payment_method.card.brand == "mastercard"


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


async def test_a_first_payment_that_fails_leaves_it_incomplete_for_aday_of(
    play: Playground,
) -> None:
    life = await begin_life(play, "pm_card_chargeCustomerFail")
    incomplete = await life.now("latest_invoice")

    await life.to(SPRING + 23 * HOUR)

    assert (incomplete.status, incomplete.latest_invoice.status) == ("incomplete", "open")
    expired = await life.now("latest_invoice")
    assert (expired.status, expired.latest_invoice.status) == ("incomplete_expired", "void")


async def test_an_incomplete_subscription_is_completed_on_the_page(play: Playground) -> None:
    life = await begin_life(play, None, payment_behavior="default_incomplete")
    invoice = (await life.now("latest_invoice")).latest_invoice

    await pay_on_page(play, invoice)

    assert (await life.now()).status == "active"
