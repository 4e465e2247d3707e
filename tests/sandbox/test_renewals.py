"""Renewals as time passes, on a customer's test clock and on the global one."""

import pytest
import stripe

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import SPRING, Playground
from tests.sandbox.subscription_lives import all_events, at, begin_life, day_of

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


async def test_a_renewal_is_announced_a_week_before(play: Playground) -> None:
    life = await begin_life(play)
    end = (await life.now())["items"].data[0].current_period_end

    await life.to(end - 7 * DAY - 1)
    before = await all_events(play)
    await life.to(end - 7 * DAY)

    found = (await play.stripe.v1.events.list_async({"type": "invoice.upcoming"})).data
    assert "invoice.upcoming" not in before
    assert [(one.created, one.data.object.total) for one in found] == [(end - 7 * DAY, 2900)]


async def test_the_end_of_a_subscription_is_not_announced_as_a_renewal(play: Playground) -> None:
    life = await begin_life(play)
    await life.update(cancel_at_period_end=True)

    await life.to(SPRING + 40 * DAY)

    assert "invoice.upcoming" not in await all_events(play)


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
