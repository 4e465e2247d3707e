"""What follows the last retry, by the settings of the sandbox."""

from typing import Any

import pytest

from chenu.sandbox.engine.clock import DAY
from chenu.sandbox.objects.invariants import violations
from tests.sandbox.playground import SPRING, build, close
from tests.sandbox.subscription_lives import begin_life, pay_on_page

HOUR = 3600


@pytest.mark.parametrize(
    ("settings", "status", "invoice_status"),
    [
        ({"after_dunning": "cancel"}, "canceled", "open"),
        ({"after_dunning": "unpaid"}, "unpaid", "open"),
        ({"after_dunning": "past_due"}, "past_due", "open"),
        (
            {"after_dunning": "unpaid", "uncollectible_after_dunning": True},
            "unpaid",
            "uncollectible",
        ),
    ],
    ids=["canceled", "unpaid", "past due", "uncollectible"],
)
async def test_the_settings_say_what_follows_the_last_retry(
    settings: dict[str, Any], status: str, invoice_status: str
) -> None:
    play = build(None, dunning_days=(1, 2), **settings)
    life = await begin_life(play, "pm_card_chargeCustomerFail", trial_period_days=1)

    await life.to(SPRING + DAY + HOUR + 2 * DAY)

    subscription = await life.now("latest_invoice")
    assert (subscription.status, subscription.latest_invoice.status) == (status, invoice_status)
    assert subscription.latest_invoice.attempt_count == 3
    assert violations(play.sandbox.store) == []
    await close(play)


async def test_an_unpaid_subscription_is_drafted_and_comes_back_with_its_latest_invoice() -> None:
    play = build(None, dunning_days=(1,), after_dunning="unpaid")
    life = await begin_life(play, "pm_card_chargeCustomerFail", trial_period_days=1)
    await life.to(SPRING + 5 * DAY)
    await life.to(SPRING + 40 * DAY)
    first, second = (await life.invoices())[1:]

    await pay_on_page(play, first)
    still = (await life.now()).status
    opened = await play.stripe.v1.invoices.finalize_invoice_async(second.id)
    await pay_on_page(play, opened)

    assert (second.status, second.auto_advance, opened.status) == ("draft", False, "open")
    assert still == "unpaid"
    assert (await life.now()).status == "active"
    await close(play)
