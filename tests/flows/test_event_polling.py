"""Polling: what was never delivered is found, from where the last whole poll ended."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from chenu.billing import inbox
from chenu.billing.event_cursor import find_cursor, move_cursor
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.billing.live_gateway import LiveGateway
from chenu.core.clock import business_now, system_now
from chenu.core.errors import ProviderUnavailable
from chenu.flows.composition import EVENTS
from chenu.flows.event_types import EventOutcome, EventRegistry, EventScope, EventType
from chenu.flows.events.polling import POLLED_SCOPES, STRIPE_REMEMBERS, poll_events
from chenu.flows.services import Services
from tests.conftest import with_gateway
from tests.flows.sales import open_market, work_off
from tests.flows.test_onboarding import is_ready, mirror_of
from tests.people import Person, make_creator, make_unpaid_creator
from tests.rows import count, put
from tests.stripe_side import AWAY, StripeSide

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
async def _empty_stripe(stripe_side: StripeSide) -> AsyncIterator[None]:
    await stripe_side.reset()
    yield
    await stripe_side.reset()


async def _ignore(services: Services, event: object) -> EventOutcome:
    return EventOutcome.IGNORED


def _with_many(services: Services, scope: EventScope, number: int) -> Services:
    """With so many types in a scope that they need several lists."""
    missing = number - len(EVENTS.names(scope))
    prefix = "v2.core.made_up" if scope is EventScope.THIN else "made_up"
    more = (EventType(f"{prefix}.no_{place}", scope, _ignore) for place in range(missing))
    return replace(services, events=EventRegistry((*EVENTS, *more)))


async def _read_until(scope: EventScope = EventScope.PLATFORM) -> datetime | None:
    cursor = await find_cursor(scope)
    return cursor.read_until if cursor else None


@pytest.mark.parametrize(
    ("scope", "path"),
    [(EventScope.PLATFORM, "/v1/events"), (EventScope.THIN, "/v2/core/events")],
    ids=["snapshot", "thin"],
)
@pytest.mark.parametrize(("types", "lists"), [(60, 3), (61, 4), (85, 5)])
async def test_types_are_asked_for_twenty_at_a_time(
    services: Services,
    stripe_side: StripeSide,
    scope: EventScope,
    path: str,
    types: int,
    lists: int,
) -> None:
    await stripe_side.watch(path)

    await poll_events(_with_many(services, scope, types))

    assert await stripe_side.hits() == [lists]


async def test_a_whole_poll_moves_both_cursors_to_when_it_began(services: Services) -> None:
    before = business_now()

    await poll_events(services)

    for scope in POLLED_SCOPES:
        read_until = await _read_until(scope)
        assert read_until is not None
        assert before <= read_until <= business_now()


async def test_a_poll_that_breaks_half_way_is_read_again_from_the_same_place(
    services: Services, stripe_side: StripeSide
) -> None:
    services = _with_many(services, EventScope.PLATFORM, 41)
    start = business_now() - timedelta(days=2)
    await move_cursor(EventScope.PLATFORM, start, start - STRIPE_REMEMBERS)
    await stripe_side.fail(AWAY, "/v1/events", nth=2)

    with pytest.raises(ProviderUnavailable):
        await poll_events(services)
    broken = await _read_until(), await _read_until(EventScope.THIN)
    await poll_events(services)

    assert broken[0] == start
    assert broken[1] is not None  # the other list was read whole
    read_until = await _read_until()
    assert read_until is not None
    assert read_until > start


async def test_a_second_page_that_fails_breaks_a_poll_as_the_first_does(
    services: Services, stripe_side: StripeSide
) -> None:
    for number in range(101):
        customer = await stripe_side.change("/v1/customers", name=f"N{number}")
        await stripe_side.delete(f"/v1/customers/{customer['id']}")
    await stripe_side.fail(AWAY, "/v1/events", nth=2)

    with pytest.raises(ProviderUnavailable):
        await poll_events(services)
    broken = await _read_until()
    await poll_events(services)

    assert broken is None
    assert await count("stripe_event", "type = 'customer.deleted' AND source = 'POLL'") == 101


@pytest.mark.parametrize(("ahead", "found"), [(0.9, 1), (1.1, 0)], ids=["overlap", "read before"])
async def test_a_poll_reads_an_hour_of_the_last_one_again_and_no_more(
    services: Services, stripe_side: StripeSide, ahead: float, found: int
) -> None:
    customer = await stripe_side.change("/v1/customers", name="Zoé")
    await stripe_side.delete(f"/v1/customers/{customer['id']}")
    read_until = business_now() + ahead * HOUR
    await move_cursor(EventScope.PLATFORM, read_until, read_until - STRIPE_REMEMBERS)

    assert await poll_events(services) == found


async def test_a_newer_event_that_was_delivered_hides_no_older_one(
    services: Services, stripe_side: StripeSide
) -> None:
    """Where to go on from is not the newest event of the inbox."""
    customer = await stripe_side.change("/v1/customers", name="Zoé")
    await stripe_side.delete(f"/v1/customers/{customer['id']}")
    later = EventSummary("evt_1", "invoice.paid", "in_1", None, business_now() + 3 * HOUR)
    await inbox.store_event(later, EventSource.WEBHOOK)

    assert await poll_events(services) == 1


async def test_a_pause_longer_than_stripe_s_memory_is_logged_and_counted(
    services: Services,
) -> None:
    last = business_now() - STRIPE_REMEMBERS - 2 * HOUR
    await move_cursor(EventScope.PLATFORM, last, last - STRIPE_REMEMBERS)

    with capture_logs() as logs:
        await poll_events(services)
        await poll_events(services)

    [line] = [line for line in logs if line["event"] == "events_missed"]
    assert (line["log_level"], line["stream"]) == ("error", "PLATFORM")
    assert 7200 <= line["seconds"] < 7260
    assert await count("event_cursor", "missed_seconds BETWEEN 7200 AND 7260") == 1


async def _restrict_unnoticed(stripe_side: StripeSide, person: Person) -> None:
    account = (await mirror_of(person)).stripe_account_id
    assert account is not None
    await stripe_side.set_capability(account, "restricted")


async def test_a_thin_event_that_was_never_delivered_has_its_account_asked_about(
    services: Services, stripe_side: StripeSide
) -> None:
    """Listed it names no object, but where it comes from."""
    person, _ = await make_creator(services, "zoe")
    await poll_events(services)
    await work_off(services)
    await _restrict_unnoticed(stripe_side, person)

    await poll_events(services)
    await work_off(services)

    assert not await is_ready(person)
    assert await count("stripe_event", "state = 'RECEIVED'") == 0


class _WithoutAccounts(LiveGateway):
    """Stripe's list of thin events, without the accounts that they belong to."""

    async def list_thin_events(
        self, types: Sequence[str], since: datetime
    ) -> AsyncIterator[EventSummary]:
        async for event in super().list_thin_events(types, since):
            yield replace(event, related_account=None)


@pytest.fixture
async def unnamed(services: Services) -> AsyncIterator[Services]:
    gateway = _WithoutAccounts(services.settings.stripe)
    yield with_gateway(services, gateway)
    await gateway.close()


async def test_events_that_name_nobody_have_each_account_that_waits_asked_about_once(
    unnamed: Services, stripe_side: StripeSide
) -> None:
    paid, _ = await make_creator(unnamed, "zoe")
    waiting = [(await make_unpaid_creator(name))[0] for name in ("yann", "xavier")]
    await work_off(unnamed)
    await poll_events(unnamed)
    for person in waiting:
        account = (await mirror_of(person)).stripe_account_id
        assert account is not None
        await stripe_side.set_capability(account, "active")
    await stripe_side.watch("/v2/core/accounts/*", method="GET")

    found = await poll_events(unnamed)
    again = await poll_events(unnamed)

    assert (found > 0, again) == (True, 0)
    assert await stripe_side.hits() == [len(waiting)]
    assert [await is_ready(person) for person in (paid, *waiting)] == [True, True, True]
    assert await inbox.list_waiting() == []


async def test_unnamed_events_are_asked_about_again_when_stripe_did_not_answer(
    unnamed: Services, stripe_side: StripeSide
) -> None:
    person, _ = await make_unpaid_creator("zoe")
    await work_off(unnamed)
    account = (await mirror_of(person)).stripe_account_id
    assert account is not None
    await stripe_side.set_capability(account, "active")
    await stripe_side.fail(AWAY, "/v2/core/accounts/*", times=1)

    with pytest.raises(ProviderUnavailable):
        await poll_events(unnamed)
    stored = await count("stripe_event", "type LIKE 'v2.%'")
    await poll_events(unnamed)

    assert stored == 0
    assert await is_ready(person)


async def test_an_event_that_waits_already_is_found_by_nobody(
    services: Services, stripe_side: StripeSide
) -> None:
    await open_market(services)
    await poll_events(services)
    await put("stripe_event", "received_at", system_now() - HOUR)

    assert await poll_events(services) == 0
