"""Updates that are not about prices: trials, notes, and what is refused."""

from typing import Any

import pytest
import stripe

from chenu.sandbox.engine.clock import DAY
from tests.sandbox.playground import Playground
from tests.sandbox.subscription_lives import JUNE, at, begin_june, price_change

HOUR = 3600


async def test_a_change_in_the_trial_costs_nothing_and_the_trial_goes_on(
    play: Playground,
) -> None:
    life = await begin_june(play, trial_period_days=14)
    await life.to(JUNE + 5 * DAY)

    changed = await life.update(
        **await price_change(life, await play.plan(30_000, "year")), proration_behavior="none"
    )
    await life.to(JUNE + 14 * DAY + HOUR)

    assert (changed.status, changed.trial_end) == ("trialing", JUNE + 14 * DAY)
    assert [invoice.total for invoice in await life.invoices()] == [0, 30_000]


async def test_a_trial_is_ended_now(play: Playground) -> None:
    life = await begin_june(play, trial_period_days=14)
    await life.to(JUNE + 5 * DAY)

    ended = await life.update(trial_end="now", expand=["latest_invoice"])

    assert (ended.status, ended.trial_end) == ("active", JUNE + 5 * DAY)
    assert (ended.latest_invoice.total, ended.latest_invoice.status) == (3000, "paid")
    assert ended["items"].data[0].current_period_end == at("2030-07-06")


async def test_a_trial_is_made_longer(play: Playground) -> None:
    life = await begin_june(play, trial_period_days=14)

    await life.update(trial_end=JUNE + 20 * DAY)
    await life.to(JUNE + 16 * DAY)
    longer = await life.now()
    await life.to(JUNE + 20 * DAY + HOUR)

    assert longer.status == "trialing"
    assert [invoice.total for invoice in await life.invoices()] == [0, 3000]


@pytest.mark.parametrize(
    ("values", "param"),
    [
        ({"items": [{"id": "si_nobody", "quantity": 2}]}, "items[0][id]"),
        ({"items": [{"price": "price_nobody"}]}, "items[0][price]"),
        ({"items": [{"id": "SI", "quantity": 0}]}, "items[0][quantity]"),
        ({"items": [{"id": "SI", "deleted": True}]}, "items"),
        ({"items": [{"id": "SI", "quantity": 2}], "proration_date": 5}, "proration_date"),
        ({"trial_end": JUNE + 90 * DAY}, "trial_end"),
        ({"trial_end": "now"}, "trial_end"),
        ({"cancel_at": JUNE - 1}, "cancel_at"),
        ({"cancel_at": "max_billed_until"}, "cancel_at"),
        (
            {"pause_collection": {"behavior": "void", "resumes_at": JUNE - 1}},
            "pause_collection[resumes_at]",
        ),
        ({"payment_behavior": "default_incomplete"}, "payment_behavior"),
        ({"default_payment_method": "pm_nobody"}, "default_payment_method"),
        ({"collection_method": "send_invoice", "days_until_due": 3}, "days_until_due"),
        (
            {"payment_behavior": "pending_if_incomplete", "description": "x"},
            "description",
        ),
    ],
    ids=[
        "item", "price", "quantity", "last item", "date", "no trial", "no trial to end", "past",
        "usage", "resumed in the past", "incomplete", "card", "collection", "pending",
    ],
)  # fmt: skip
async def test_a_change_that_cannot_be_is_refused_and_changes_nothing(
    loose: Playground, values: dict[str, Any], param: str
) -> None:
    life = await begin_june(loose)
    before = await life.now()
    item = before["items"].data[0]
    for one in values.get("items", []):
        one["id"] = item.id if one.get("id") == "SI" else one.get("id")
    given = {**values}
    if "items" in given:
        given["items"] = [
            {key: value for key, value in one.items() if value is not None}
            for one in given["items"]
        ]

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await life.update(**given)

    assert refusal.value.param == param
    assert (await life.now()).to_dict() == before.to_dict()


async def test_the_anchor_of_a_trial_stays(loose: Playground) -> None:
    life = await begin_june(loose, trial_period_days=14)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await life.update(billing_cycle_anchor={"type": "now"})

    assert refusal.value.param == "billing_cycle_anchor"


async def test_an_ended_subscription_only_takes_notes(play: Playground) -> None:
    life = await begin_june(play)
    await play.stripe.v1.subscriptions.cancel_async(life.id)

    noted = await life.update(
        cancellation_details={"feedback": "unused", "comment": "Plus besoin"}, metadata={"k": "v"}
    )

    assert noted.cancellation_details.feedback == "unused"
    assert noted.to_dict()["metadata"] == {"k": "v"}
    with pytest.raises(stripe.InvalidRequestError, match="canceled subscription"):
        await life.update(cancel_at_period_end=True)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.stripe.v1.subscriptions.cancel_async(life.id)
    assert refusal.value.http_status == 404
