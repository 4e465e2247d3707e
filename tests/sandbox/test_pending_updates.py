"""Changes that wait for the payment of their invoice, and those that do not."""

from typing import Any

import pytest
import stripe

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import Playground
from tests.sandbox.subscription_lives import (
    JULY,
    JUNE,
    Life,
    at,
    begin_june,
    pay_on_page,
    price_change,
)

HOUR = 3600


async def _pending(
    play: Playground, method: str = "pm_card_visa", next_charge: str | None = "generic_decline"
) -> tuple[Life, dict[str, Any]]:
    """A subscription on its tenth day, and a change that its card will not pay."""
    life = await begin_june(
        play, method, trial_period_days=0, payment_behavior="default_incomplete"
    )
    await pay_on_page(play, (await life.invoices())[0])
    card = await play.stripe.v1.payment_methods.attach_async(method, {"customer": life.customer.id})
    await life.update(default_payment_method=card.id)
    await life.to(JUNE + 10 * DAY)
    if next_charge:
        outcome = {"outcome": next_charge}
        await play.control(f"customers/{life.customer.id}/next_charge", outcome)
    change = await price_change(
        life,
        await play.plan(9000),
        proration_behavior="always_invoice",
        payment_behavior="pending_if_incomplete",
    )
    return life, change


@pytest.mark.parametrize(
    ("method", "next_charge"),
    [("pm_card_visa", "insufficient_funds"), ("pm_card_authenticationRequired", None)],
    ids=["declined", "3DS"],
)
async def test_a_change_that_is_not_paid_waits_and_is_applied_when_it_is(
    play: Playground, method: str, next_charge: str | None
) -> None:
    life, change = await _pending(play, method, next_charge)
    waiting = await life.update(**change, expand=["latest_invoice"])
    pending = waiting.pending_update
    await life.mark()

    form_answer = await pay_on_page(play, waiting.latest_invoice)

    assert waiting.status == "active"
    assert waiting["items"].data[0].price.unit_amount == 3000
    assert pending.subscription_items[0].price.unit_amount == 9000
    assert pending.expires_at == JUNE + 10 * DAY + 23 * HOUR
    assert (waiting.latest_invoice.status, waiting.latest_invoice.amount_due) == ("open", 4000)
    assert waiting.latest_invoice.next_payment_attempt is None
    assert form_answer.status_code == 303
    applied = await life.now()
    assert (applied.pending_update, applied["items"].data[0].price.unit_amount) == (None, 9000)
    assert "customer.subscription.pending_update_applied" in await life.events()
    await life.to(JULY + HOUR)
    assert (await life.invoices())[-1].total == 9000


async def test_a_waiting_change_expires_after_23_hours(play: Playground) -> None:
    life, change = await _pending(play)
    await life.update(**change)
    await life.mark()

    await life.to(JUNE + 10 * DAY + 23 * HOUR)

    expired = await life.now("latest_invoice")
    assert (expired.pending_update, expired.latest_invoice.status) == (None, "void")
    assert expired["items"].data[0].price.unit_amount == 3000
    assert await life.events() == [
        "payment_intent.canceled",
        "invoice.voided",
        "customer.subscription.updated",
        "customer.subscription.pending_update_expired",
    ]
    await life.to(JULY + HOUR)
    assert (await life.invoices())[-1].total == 3000


async def test_a_new_change_takes_the_place_of_one_that_waits(play: Playground) -> None:
    life, change = await _pending(play)
    waiting = await life.update(**change)

    changed = await life.update(**change)

    assert changed.pending_update is None
    assert changed["items"].data[0].price.unit_amount == 9000
    first = await play.stripe.v1.invoices.retrieve_async(waiting.latest_invoice)
    assert first.status == "void"
    assert changed.status == "active"


async def test_a_paid_change_is_applied_at_once(play: Playground) -> None:
    life, change = await _pending(play, next_charge=None)

    changed = await life.update(**change, expand=["latest_invoice"])

    assert (changed.pending_update, changed.latest_invoice.status) == (None, "paid")
    assert changed["items"].data[0].price.unit_amount == 9000
    assert "customer.subscription.pending_update_applied" not in await life.events()


async def test_a_change_that_has_to_be_paid_is_undone(play: Playground) -> None:
    life, change = await _pending(play)
    before = await life.now()

    with pytest.raises(stripe.CardError) as refusal:
        await life.update(**{**change, "payment_behavior": "error_if_incomplete"})

    assert refusal.value.http_status == 402
    assert (await life.now()).to_dict() == before.to_dict()


async def test_a_failed_change_that_was_allowed_makes_it_past_due(play: Playground) -> None:
    life, change = await _pending(play)

    changed = await life.update(**{**change, "payment_behavior": "allow_incomplete"})

    assert changed.status == "past_due"
    assert changed["items"].data[0].price.unit_amount == 9000


async def test_a_cancellation_can_wait_with_a_change(play: Playground) -> None:
    life, change = await _pending(play)
    yearly = await price_change(life, await play.plan(90_000, "year"))

    waiting = await life.update(
        **{**change, **yearly}, cancel_at_period_end=True, expand=["latest_invoice"]
    )
    await pay_on_page(play, waiting.latest_invoice)

    assert (waiting.cancel_at_period_end, waiting.pending_update.cancel_at_period_end) == (
        False,
        True,
    )
    applied = await life.now()
    assert (applied.cancel_at_period_end, applied.cancel_at) == (True, at("2031-06-11"))


async def test_a_waiting_change_is_dropped_with_its_invoice(play: Playground) -> None:
    life, change = await _pending(play)
    waiting = await life.update(**change)
    await life.mark()

    voided = await play.stripe.v1.invoices.void_invoice_async(waiting.latest_invoice)

    assert voided.status == "void"
    dropped = await life.now()
    assert (dropped.pending_update, dropped["items"].data[0].price.unit_amount) == (None, 3000)
    assert "customer.subscription.pending_update_expired" in await life.events()
