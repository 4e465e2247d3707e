"""Webhook endpoints and event destinations: their own calls."""

from typing import Any

import pytest
import stripe

from tests.sandbox.playground import Playground

DESTINATION: Any = {
    "name": "Accounts",
    "type": "webhook_endpoint",
    "webhook_endpoint": {"url": "http://app.test/thin"},
    "enabled_events": ["v2.core.account.created"],
    "event_payload": "thin",
    "events_from": ["@accounts"],
    "include": ["webhook_endpoint.signing_secret", "webhook_endpoint.url"],
}


async def test_the_secret_of_an_endpoint_is_shown_once(play: Playground) -> None:
    endpoints = play.stripe.v1.webhook_endpoints

    made = await endpoints.create_async(
        {
            "url": "http://app.test/hooks",
            "enabled_events": ["customer.created"],
            "api_version": "2026-10-28.endive",
            "description": "Tests",
        }
    )
    found = await endpoints.retrieve_async(made.id)

    assert made.secret.startswith("whsec_")
    assert "secret" not in found.to_dict()
    assert (found.status, found.enabled_events) == ("enabled", ["customer.created"])


async def test_an_endpoint_is_changed_listed_and_deleted(play: Playground) -> None:
    endpoints = play.stripe.v1.webhook_endpoints
    made = await endpoints.create_async({"url": "http://app.test/a", "enabled_events": ["*"]})

    changed = await endpoints.update_async(
        made.id, {"url": "http://app.test/b", "disabled": True, "metadata": {"k": "v"}}
    )
    listed = await endpoints.list_async()
    gone = await endpoints.delete_async(made.id)

    assert (changed.url, changed.status) == ("http://app.test/b", "disabled")
    assert [one.id for one in listed.data] == [made.id]
    assert gone.deleted
    assert (await endpoints.list_async()).data == []


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"url": "nowhere"}, "url"),
        ({"enabled_events": ["no.such.event"]}, "enabled_events[0]"),
        ({"api_version": "2024-06-20"}, "api_version"),
        ({"url": None}, "url"),
    ],
    ids=["url", "event", "version", "missing"],
)
async def test_an_endpoint_that_cannot_be_is_refused(
    loose: Playground, wrong: dict[str, Any], param: str
) -> None:
    wanted = {"url": "http://app.test/hooks", "enabled_events": ["*"], **wrong}

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await loose.stripe.v1.webhook_endpoints.create_async(wanted)

    assert refusal.value.param == param


async def test_a_destination_shows_secret_and_url_when_included(play: Playground) -> None:
    destinations = play.stripe.v2.core.event_destinations

    made = await destinations.create_async(DESTINATION)
    bare = await destinations.retrieve_async(made.id)
    full = await destinations.retrieve_async(made.id, {"include": ["webhook_endpoint.url"]})

    assert made.webhook_endpoint.signing_secret.startswith("whsec_")
    assert (bare.webhook_endpoint.url, bare.webhook_endpoint.signing_secret) == (None, None)
    assert full.webhook_endpoint.url == "http://app.test/thin"


async def test_a_destination_is_changed_disabled_and_deleted(play: Playground) -> None:
    destinations = play.stripe.v2.core.event_destinations
    made = await destinations.create_async(DESTINATION)

    renamed = await destinations.update_async(made.id, {"name": "Other"})
    disabled = await destinations.disable_async(made.id)
    enabled = await destinations.enable_async(made.id)
    listed = await destinations.list_async()
    gone = await destinations.delete_async(made.id)

    assert renamed.name == "Other"
    assert (disabled.status, disabled.status_details.disabled.reason) == ("disabled", "user")
    assert (enabled.status, enabled.status_details) == ("enabled", None)
    assert [one.id for one in listed.data] == [made.id]
    assert gone.id == made.id
    assert (await destinations.list_async()).data == []


async def test_a_ping_reaches_its_destination_only(play: Playground) -> None:
    destinations = play.stripe.v2.core.event_destinations
    made = await destinations.create_async(DESTINATION)
    await destinations.create_async(
        {**DESTINATION, "webhook_endpoint": {"url": "http://app.test/other"}}
    )

    event = await destinations.ping_async(made.id)
    await play.control("deliveries/flush", {})

    assert event.type == "v2.core.event_destination.ping"
    assert [path for path, _, _ in play.receiver.received] == ["/thin"]
    assert play.receiver.ids("/thin") == [event.id]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"type": "amazon_eventbridge"}, "amazon_eventbridge"),
        ({"snapshot_api_version": "2026-10-28.endive"}, "Thin events"),
        ({"event_payload": "snapshot"}, "snapshots"),
        ({"events_from": ["@organization_members"]}, "organization"),
        ({"webhook_endpoint": {"url": "nowhere"}}, "URL"),
    ],
    ids=["cloud", "version of thin", "no version", "scope", "url"],
)
async def test_a_destination_that_cannot_be_is_refused(
    loose: Playground, wrong: dict[str, Any], words: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=words):
        await loose.stripe.v2.core.event_destinations.create_async({**DESTINATION, **wrong})
