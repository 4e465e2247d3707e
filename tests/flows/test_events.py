"""One registry of event types: what Stripe delivers, what is polled and who handles it follow."""

from typing import get_args

import pytest
from msgspec.structs import replace
from stripe import Event
from stripe.events._event_classes import get_v2_event_class

from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource, InboxEvent
from chenu.billing.stripe_catalogue import StripeCatalogue
from chenu.core.clock import system_now
from chenu.flows.composition import EVENTS
from chenu.flows.event_types import (
    EventOutcome,
    EventRegistry,
    EventScope,
    EventType,
)
from chenu.flows.events.handling import handle_event
from chenu.flows.events.polling import poll_events
from chenu.flows.mirrors.bootstrap import bootstrap_stripe
from chenu.flows.services import Services
from tests.flows.sales import open_market, open_page
from tests.rows import count
from tests.stripe_side import StripeSide

ADDED = "customer.created"


class _Recorder:
    """A handler that records its calls."""

    def __init__(self) -> None:
        self.seen: list[InboxEvent] = []

    async def __call__(self, services: Services, event: InboxEvent) -> EventOutcome:
        self.seen.append(event)
        return EventOutcome.HANDLED


async def _receive(
    services: Services, kind: str, object_id: str, account: str | None = None
) -> str:
    """The state of the event after it was handled."""
    event = EventSummary(f"evt_{kind}", kind, object_id, account, system_now())
    await inbox.store_event(event, EventSource.WEBHOOK)
    await handle_event(services, event.id)
    states = [s for s in ("HANDLED", "IGNORED") if await count("stripe_event", "state = $1", s)]
    assert len(states) == 1
    return states[0]


async def test_a_type_that_is_registered_once_is_delivered_polled_and_handled(
    services: Services, stripe_side: StripeSide
) -> None:
    await stripe_side.reset()
    recorder = _Recorder()
    events = EventRegistry((*EVENTS, EventType(ADDED, EventScope.PLATFORM, recorder)))
    services = replace(services, events=events)
    catalogue = StripeCatalogue(services.settings.stripe)

    await bootstrap_stripe(catalogue, "http://127.0.0.1:9", events)
    made = await stripe_side.change("/v1/customers", name="Zoé")
    await poll_events(services)
    for event_id in await inbox.list_waiting():
        await handle_event(services, event_id)

    endpoints = await stripe_side.list_all("/v1/webhook_endpoints")
    assert [ADDED in endpoint["enabled_events"] for endpoint in endpoints] == [False, True]
    assert [event.object_id for event in recorder.seen] == [made["id"]]
    await catalogue.close()
    await stripe_side.reset()


def test_a_type_has_one_handler() -> None:
    twice = EventType("customer.deleted", EventScope.PLATFORM, _Recorder())

    with pytest.raises(ValueError, match=r"customer\.deleted is registered twice"):
        EventRegistry((*EVENTS, twice))


@pytest.mark.parametrize("event_type", list(EVENTS), ids=lambda event_type: event_type.name)
def test_each_type_exists_at_stripe(event_type: EventType[Services]) -> None:
    if event_type.scope is EventScope.THIN:
        known = get_v2_event_class(event_type.name)
        assert getattr(known, "LOOKUP_TYPE", None) == event_type.name
    else:
        assert event_type.name in get_args(Event.__annotations__["type"])


@pytest.mark.parametrize("kind", ["charge.updated", "v2.core.health.fired", "", "checkout.session"])
async def test_a_type_that_nobody_registered_is_ignored_and_nothing_is_fetched(
    services: Services, stripe_side: StripeSide, kind: str
) -> None:
    await stripe_side.watch()

    state = await _receive(services, kind, "in_1")

    assert state == "IGNORED"
    assert await stripe_side.hits() == [0]


@pytest.mark.parametrize("event_type", list(EVENTS), ids=lambda event_type: event_type.name)
async def test_an_event_whose_object_has_no_id_is_ignored(
    services: Services, stripe_side: StripeSide, event_type: EventType[Services]
) -> None:
    await stripe_side.watch()

    state = await _receive(services, event_type.name, "")

    assert state == "IGNORED"
    assert await stripe_side.hits() == [0]


NOT_OURS = {
    "a page of a connected account": ("checkout.session.completed", "cs_1", "acct_1"),
    "a price of a connected account": ("price.updated", "price_1", "acct_1"),
    "an account of another platform": ("account.updated", "acct_of_others", None),
    "another's application": ("account.application.deauthorized", "ca_1", "acct_of_others"),
    "a thin account": ("v2.core.account[requirements].updated", "acct_of_others", None),
    "a customer of another shop": ("customer.deleted", "cus_of_others", None),
    "a product of another shop": ("product.updated", "prod_of_others", None),
    "a product that looks like an agent": ("product.deleted", f"agent_{'0' * 32}", None),
}


@pytest.mark.parametrize(("kind", "object_id", "account"), NOT_OURS.values(), ids=NOT_OURS.keys())
async def test_an_event_about_what_is_not_ours_is_ignored_without_asking(
    services: Services, stripe_side: StripeSide, kind: str, object_id: str, account: str | None
) -> None:
    await stripe_side.watch()

    state = await _receive(services, kind, object_id, account=account)

    assert state == "IGNORED"
    assert await stripe_side.hits() == [0]


async def test_a_price_and_a_page_of_another_kind_are_asked_about_once_and_ignored(
    services: Services, stripe_side: StripeSide
) -> None:
    product = await stripe_side.change("/v1/products", name="Other")
    price = await stripe_side.change(
        "/v1/prices", product=product["id"], currency="eur", unit_amount="100"
    )
    page = await stripe_side.change(
        "/v1/checkout/sessions",
        **{
            "mode": "payment",
            "ui_mode": "hosted_page",
            "success_url": "http://127.0.0.1:9",
            "line_items[0][price]": price["id"],
            "line_items[0][quantity]": "1",
        },
    )

    states = [
        await _receive(services, kind, object_id)
        for kind, object_id in (
            ("price.updated", price["id"]),
            ("checkout.session.expired", page["id"]),
        )
    ]

    assert states == ["IGNORED", "IGNORED"]
    assert await inbox.list_waiting() == []


async def test_what_is_ours_is_handled(services: Services) -> None:
    purchase = await open_page(services, await open_market(services))

    state = await _receive(
        services, "checkout.session.completed", str(purchase.checkout_session_id)
    )

    assert state == "HANDLED"
