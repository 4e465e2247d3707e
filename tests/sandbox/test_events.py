import time

import pytest
import stripe

from tests.sandbox.playground import Playground, build, close


async def test_an_event_carries_version_request_and_key(play: Playground) -> None:
    await play.stripe.v1.customers.create_async(
        {"email": "a@example.org"}, {"idempotency_key": "customer:1"}
    )

    event = (await play.stripe.v1.events.list_async()).data[0]

    assert event.api_version == "2026-10-28.endive"
    assert event.request.id.startswith("req_")
    assert event.request.idempotency_key == "customer:1"
    assert event.livemode is False
    assert (await play.stripe.v1.events.retrieve_async(event.id)).type == "customer.created"


async def test_events_are_filtered_by_type_and_time(play: Playground) -> None:
    await play.customer()
    await play.price()
    events = play.stripe.v1.events

    one = await events.list_async({"type": "product.created"})
    wild = await events.list_async({"type": "p*"})
    several = await events.list_async({"types": ["customer.created", "price.created"]})
    recent = await events.list_async({"created": {"gte": int(time.time()) - 3600}, "limit": 100})
    future = await events.list_async({"created": {"gt": int(time.time()) + 3600}})

    assert [event.type for event in one.data] == ["product.created"]
    assert [event.type for event in wild.data] == ["price.created", "product.created"]
    assert [event.type for event in several.data] == ["price.created", "customer.created"]
    assert (len(recent.data), len(future.data)) == (3, 0)


async def test_a_reconciler_pages_through_all_events(play: Playground) -> None:
    for _ in range(7):
        await play.customer()

    page = await play.stripe.v1.events.list_async({"limit": 3, "types": ["customer.created"]})
    seen = [event.id async for event in page.auto_paging_iter()]

    assert len(set(seen)) == 7


async def test_events_go_after_thirty_days(play: Playground) -> None:
    await play.customer()
    event = (await play.stripe.v1.events.list_async()).data[0]

    await play.advance("P31D")

    assert (await play.stripe.v1.events.list_async()).data == []
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await play.stripe.v1.events.retrieve_async(event.id)
    assert refusal.value.http_status == 404


async def test_undelivered_events_can_be_asked_for(play: Playground) -> None:
    await play.stripe.v1.webhook_endpoints.create_async(
        {"url": "http://app.test/hooks", "enabled_events": ["*"]}
    )
    play.receiver.status = 500
    await play.customer()
    await play.control("deliveries/flush", {})
    play.receiver.status = 200
    await play.price()
    await play.control("deliveries/flush", {})

    missed = await play.stripe.v1.events.list_async({"delivery_success": False})
    arrived = await play.stripe.v1.events.list_async({"delivery_success": True})

    assert [event.type for event in missed.data] == ["customer.created"]
    assert [event.type for event in arrived.data] == ["price.created", "product.created"]
    assert [event.pending_webhooks for event in arrived.data] == [0, 0]


async def test_thin_events_are_listed_by_type_object_and_time(play: Playground) -> None:
    first, second = await play.account(), await play.account()
    events = play.stripe.v2.core.events

    created = await events.list_async({"types": ["v2.core.account.created"]})
    of_first = await events.list_async({"object_id": first.id})
    since = await events.list_async({"created": {"gte": created.data[0].created}})

    assert [event.context for event in created.data] == [second.id, first.id]
    assert {event.context for event in of_first.data} == {first.id}
    assert {event.context for event in since.data} == {second.id}
    found = await events.retrieve_async(created.data[0].id)
    assert found.reason.request.id.startswith("req_")


async def test_thin_events_page_without_gap_or_double(play: Playground) -> None:
    for _ in range(4):
        await play.account("restricted")

    page = await play.stripe.v2.core.events.list_async({"limit": 3})
    seen = [event.id async for event in page.auto_paging_iter()]

    assert len(seen) == len(set(seen)) == 4


async def test_details_of_thin_events_are_a_matter_of_configuration() -> None:
    playground = build(None, v2_event_details=True)
    try:
        account = await playground.account()
        event = (await playground.stripe.v2.core.events.list_async({"limit": 1})).data[0]

        assert event.related_object.id == account.id
        assert event.data.updated_capability == "stripe_balance.stripe_transfers"
    finally:
        await close(playground)
