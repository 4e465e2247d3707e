"""What somebody does to subscriptions in Stripe's Dashboard."""

from typing import Any

import pytest

from tests.sandbox.playground import Playground


async def _subscription(play: Playground, **values: Any) -> Any:
    customer = await play.customer_with_card()
    return await play.subscription(customer, await play.plan(3000), **values)


async def _do(play: Playground, subscription: Any, action: str, **body: Any) -> Any:
    await play.control(f"subscriptions/{subscription.id}/{action}", body)
    return await play.stripe.v1.subscriptions.retrieve_async(subscription.id)


async def test_the_price_changes(play: Playground) -> None:
    subscription, better = await _subscription(play), await play.plan(9000)

    changed = await _do(play, subscription, "change", price=better.id)

    assert changed["items"].data[0].price.id == better.id
    assert (await play.event_types())[-1] == "customer.subscription.updated"


async def test_collection_pauses_and_goes_on(play: Playground) -> None:
    subscription = await _subscription(play)

    paused = await _do(play, subscription, "pause", behavior="keep_as_draft")
    again = await _do(play, subscription, "unpause")

    assert (paused.pause_collection.behavior, again.pause_collection) == ("keep_as_draft", None)


async def test_it_is_canceled_later_resumed_and_canceled_now(play: Playground) -> None:
    subscription = await _subscription(play)

    later = await _do(play, subscription, "cancel", at_period_end=True)
    resumed = await _do(play, subscription, "resume")
    now = await _do(play, subscription, "cancel")

    assert (later.cancel_at_period_end, resumed.cancel_at_period_end) == (True, False)
    assert now.status == "canceled"
    assert (await play.event_types())[-1] == "customer.subscription.deleted"


async def test_its_latest_payment_is_refunded_in_part_and_wholly(play: Playground) -> None:
    subscription = await _subscription(play)

    await _do(play, subscription, "refund", amount=1000)
    await _do(play, subscription, "cancel")
    await _do(play, subscription, "refund")

    refunds = (await play.stripe.v1.refunds.list_async()).data
    assert [refund.amount for refund in refunds] == [2000, 1000]


async def test_its_discounts_are_removed(play: Playground) -> None:
    await play.stripe.v1.coupons.create_async(
        {"id": "half", "percent_off": 50, "duration": "forever"}
    )
    subscription = await _subscription(play, discounts=[{"coupon": "half"}])

    after = await _do(play, subscription, "remove_discounts")

    assert after.discounts == []
    assert "customer.discount.deleted" in await play.event_types()


async def test_the_page_has_a_form_for_each(play: Playground) -> None:
    subscription = await _subscription(play)
    path = f"/_sandbox/subscriptions/{subscription.id}"

    page = (await play.http.get("/_sandbox/subscriptions")).text
    sent = await play.http.post(f"{path}/pause", data={"behavior": "void"})

    for action in ("change", "pause", "cancel", "refund"):
        assert f'action="{path}/{action}"' in page
    assert f'action="/_sandbox/customers/{subscription.customer}/next_charge"' in page
    assert sent.headers["location"] == "/_sandbox/subscriptions"
    assert "collection paused" in (await play.http.get("/_sandbox/subscriptions")).text


@pytest.mark.parametrize(
    ("action", "body", "status"),
    [
        ("change", {"price": "price_x"}, 400),
        ("pause", {"behavior": "forget"}, 400),
        ("refund", {"amount": 3001}, 400),
        ("refund", {"amount": "much"}, 400),
        ("change", {"price": "price_x", "proration_behavior": "maybe"}, 400),
        ("dance", {}, 404),
    ],
)
async def test_what_is_not_possible_is_refused(
    play: Playground, action: str, body: dict[str, Any], status: int
) -> None:
    subscription = await _subscription(play)
    seen = len(await play.event_types())

    answer = await play.http.post(f"/_sandbox/subscriptions/{subscription.id}/{action}", json=body)

    assert answer.status_code == status
    assert await play.events_since(seen) == []


async def test_what_has_ended_or_never_was_is_refused(play: Playground) -> None:
    subscription = await _subscription(play)
    await _do(play, subscription, "cancel")

    ended = await play.http.post(f"/_sandbox/subscriptions/{subscription.id}/pause", json={})
    unknown = await play.http.post("/_sandbox/subscriptions/sub_x/pause", json={})

    assert (ended.status_code, unknown.status_code) == (400, 404)


async def test_what_a_schedule_manages_is_left_to_it(play: Playground) -> None:
    subscription = await _subscription(play)
    await play.stripe.v1.subscription_schedules.create_async({"from_subscription": subscription.id})

    path = f"/_sandbox/subscriptions/{subscription.id}/cancel"
    answer = await play.http.post(path, json={"at_period_end": True})

    assert (answer.status_code, "schedule" in answer.text) == (400, True)
