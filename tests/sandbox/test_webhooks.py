"""Deliveries: signatures, filters, retries, and the ways in which they misbehave."""

from collections import Counter
from typing import Any

import pytest
import stripe

from chenu.sandbox.engine.json_types import loads
from tests.sandbox.playground import Playground

URL = "http://app.test/hooks"


async def _endpoint(play: Playground, *types: str, **values: Any) -> Any:
    return await play.stripe.v1.webhook_endpoints.create_async(
        {"url": URL, "enabled_events": list(types) or ["*"], **values}
    )


async def _flush(play: Playground) -> None:
    assert (await play.control("deliveries/flush", {}))["done"]


async def test_an_event_arrives_signed_as_the_sdk_wants_it(play: Playground) -> None:
    endpoint = await _endpoint(play)
    customer = await play.customer()

    await _flush(play)

    _, body, signature = play.receiver.received[0]
    event = play.stripe.construct_event(body, signature, endpoint.secret)
    assert (event.type, event.data.object.id) == ("customer.created", customer.id)
    assert event.pending_webhooks == 1
    with pytest.raises(stripe.SignatureVerificationError):
        play.stripe.construct_event(body + b" ", signature, endpoint.secret)


async def test_a_thin_event_leads_to_event_and_account(play: Playground) -> None:
    destination = await play.stripe.v2.core.event_destinations.create_async(
        {
            "name": "Accounts",
            "type": "webhook_endpoint",
            "webhook_endpoint": {"url": "http://app.test/thin"},
            "enabled_events": [
                "v2.core.account[configuration.recipient].capability_status_updated"
            ],
            "event_payload": "thin",
            "events_from": ["@accounts"],
            "include": ["webhook_endpoint.signing_secret"],
        }
    )
    account = await play.account()

    await _flush(play)

    _, body, signature = play.receiver.received[0]
    secret = destination.webhook_endpoint.signing_secret
    notice = play.stripe.parse_event_notification(body, signature, secret)
    assert notice.related_object.id == account.id
    assert str(notice.context) == account.id
    event = await play.stripe.v2.core.events.retrieve_async(
        notice.id, None, {"stripe_context": notice.context}
    )
    assert event.changes.to_dict() == {
        "before": {"status": "restricted"},
        "after": {"status": "active"},
    }
    assert "data" not in loads(body)


async def test_endpoints_hear_what_they_asked_for(play: Playground) -> None:
    await _endpoint(play, "price.created")
    await play.customer()
    await play.price()

    await _flush(play)

    assert play.receiver.types() == ["price.created"]


async def test_events_of_connected_accounts_go_to_connect_endpoints(play: Playground) -> None:
    await _endpoint(play)
    await _endpoint(play, url="http://app.test/connect", connect=True)

    account = await play.account()
    await play.customer()
    await _flush(play)

    assert play.receiver.types() == ["customer.created"]
    assert play.receiver.types("/connect") == ["account.updated"]
    body = next(body for path, body, _ in play.receiver.received if path == "/connect")
    assert loads(body)["account"] == account.id


async def test_a_disabled_endpoint_hears_nothing(play: Playground) -> None:
    endpoint = await _endpoint(play)
    await play.stripe.v1.webhook_endpoints.update_async(endpoint.id, {"disabled": True})

    await play.customer()
    await _flush(play)

    assert play.receiver.received == []


async def test_a_failing_receiver_is_tried_six_times(play: Playground) -> None:
    await _endpoint(play)
    play.receiver.status = 500

    await play.customer()
    await _flush(play)

    delivery = (await play.control("deliveries"))["data"][0]
    assert (delivery["status"], delivery["attempts"], delivery["answer"]) == ("failed", 6, "500")
    assert play.receiver.types() == ["customer.created"] * 6


async def test_a_redirect_is_a_failure(play: Playground) -> None:
    await _endpoint(play)
    play.receiver.status = 302

    await play.customer()
    await _flush(play)

    assert (await play.control("deliveries"))["data"][0]["status"] == "failed"


async def test_a_given_up_delivery_can_be_sent_again(play: Playground) -> None:
    await _endpoint(play)
    play.receiver.status = 500
    await play.customer()
    await _flush(play)
    play.receiver.status = 200
    delivery = (await play.control("deliveries"))["data"][0]

    await play.control(f"deliveries/{delivery['id']}/resend", {})
    await _flush(play)

    assert (await play.control("deliveries"))["data"][0]["status"] == "succeeded"


async def test_in_order_means_in_order(play: Playground) -> None:
    await _endpoint(play)
    for _ in range(20):
        await play.customer()

    await _flush(play)

    events = (await play.stripe.v1.events.list_async({"limit": 100})).data
    assert play.receiver.ids() == [event.id for event in reversed(events)]


async def test_shuffled_means_all_in_another_order_the_same_each_time(play: Playground) -> None:
    await _endpoint(play)
    orders = []
    for _ in range(2):
        await play.control("webhooks", {"mode": "shuffle", "seed": 3, "paused": True})
        for number in range(20):
            await play.customer(description=str(number))
        play.receiver.received.clear()
        await play.control("webhooks", {"paused": False, "max_concurrent": 1})
        await _flush(play)
        bodies = [loads(body) for _, body, _ in play.receiver.received]
        orders.append([body["data"]["object"]["description"] for body in bodies])

    assert orders[0] != sorted(orders[0], key=int)
    assert sorted(orders[0], key=int) == [str(number) for number in range(20)]
    assert orders[0] == orders[1]


async def test_doubled_deliveries_have_the_same_event(play: Playground) -> None:
    await _endpoint(play)
    await play.control("webhooks", {"duplicate": 1})

    await play.customer()
    await _flush(play)

    assert len(play.receiver.ids()) == 2
    assert len(set(play.receiver.ids())) == 1


async def test_copies_of_a_delivery_are_two_to_as_many_as_asked_for(play: Playground) -> None:
    await _endpoint(play)
    await play.control("webhooks", {"duplicate": 1.0, "max_copies": 5, "seed": 3})

    for _ in range(20):
        await play.customer()
    await _flush(play)

    assert set(Counter(play.receiver.ids()).values()) == {2, 3, 4, 5}


async def test_lost_deliveries_are_still_listed_as_events(play: Playground) -> None:
    await _endpoint(play)
    await play.control("webhooks", {"drop": 1.0})

    await play.customer()
    await _flush(play)

    assert play.receiver.received == []
    assert await play.event_types() == ["customer.created"]
    assert (await play.control("deliveries"))["data"][0]["status"] == "dropped"


async def test_held_back_deliveries_wait_and_are_counted(play: Playground) -> None:
    await _endpoint(play)
    await play.control("webhooks", {"paused": True})

    await play.customer()

    assert (await play.control("clock"))["pending_deliveries"] == 1
    assert play.receiver.received == []
    await play.control("webhooks", {"paused": False})
    await _flush(play)
    assert len(play.receiver.received) == 1


async def test_a_delay_holds_up_deliveries_not_calls(play: Playground) -> None:
    await _endpoint(play)
    await play.control("webhooks", {"delay_ms": 60_000})

    await play.customer()
    await _flush(play)

    assert play.receiver.received == []
    assert (await play.control("clock"))["scheduled_retries"] == 1


@pytest.mark.parametrize("mode", ["wrong_secret", "stale"])
async def test_bad_signatures_are_noticed_by_the_sdk(play: Playground, mode: str) -> None:
    endpoint = await _endpoint(play)
    await play.control("webhooks", {mode: True})

    await play.customer()
    await _flush(play)

    _, body, signature = play.receiver.received[0]
    with pytest.raises(stripe.SignatureVerificationError):
        play.stripe.construct_event(body, signature, endpoint.secret)


async def test_while_secrets_rotate_both_are_good(play: Playground) -> None:
    endpoint = await _endpoint(play)
    new = (await play.control(f"endpoints/{endpoint.id}/rotate", {}))["secret"]

    await play.customer()
    await _flush(play)
    await play.control(f"endpoints/{endpoint.id}/rotate", {"end": True})
    await play.customer()
    await _flush(play)

    (_, body, signature), (_, later, later_signature) = play.receiver.received
    for secret in (endpoint.secret, new):
        assert play.stripe.construct_event(body, signature, secret)
    assert play.stripe.construct_event(later, later_signature, new)
    with pytest.raises(stripe.SignatureVerificationError):
        play.stripe.construct_event(later, later_signature, endpoint.secret)


async def test_snapshot_events_go_to_event_destinations_too(play: Playground) -> None:
    await play.stripe.v2.core.event_destinations.create_async(
        {
            "name": "Snapshots",
            "type": "webhook_endpoint",
            "webhook_endpoint": {"url": URL},
            "enabled_events": ["customer.created"],
            "event_payload": "snapshot",
            "snapshot_api_version": "2026-10-28.endive",
        }
    )

    await play.customer()
    await _flush(play)

    assert play.receiver.types() == ["customer.created"]


@pytest.mark.parametrize(
    "wrong",
    [{"mode": "sideways"}, {"drop": 2}, {"colour": 1}, {"paused": "maybe"}, {"max_concurrent": 0}],
    ids=str,
)
async def test_modes_that_make_no_sense_are_refused(
    play: Playground, wrong: dict[str, Any]
) -> None:
    answer = await play.http.post("/_sandbox/webhooks", json=wrong)

    assert answer.status_code == 400
