"""The inbox: each event once, with a job, and nothing lost when handling fails."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.core import db
from chenu.core.clock import system_now
from chenu.flows.services import Services
from tests.rows import count, count_jobs, fingerprint, put

EVENT = EventSummary("evt_1", "checkout.session.completed", "cs_1", None, system_now())


async def store(event: EventSummary = EVENT) -> bool:
    return await inbox.store_event(event, EventSource.WEBHOOK)


async def test_an_event_is_stored_once_with_one_job(services: Services) -> None:
    stored = await asyncio.gather(*(store() for _ in range(20)))

    assert sorted(stored) == [False] * 19 + [True]
    assert (await count("webhook_event"), await count_jobs("webhook_event")) == (1, 1)


async def test_a_polled_twin_changes_nothing(services: Services) -> None:
    await store()
    before = await fingerprint()

    assert not await inbox.store_event(replace(EVENT, type="other"), EventSource.POLL)
    assert await fingerprint() == before


async def test_the_job_vanishes_with_the_event_that_could_not_be_stored(
    services: Services,
) -> None:
    with pytest.raises(ZeroDivisionError):
        await _store_and_fail()

    assert (await count("webhook_event"), await count_jobs("webhook_event")) == (0, 0)


async def _store_and_fail() -> None:
    async with db.transaction():
        await store()
        raise ZeroDivisionError


async def test_an_event_waits_until_it_is_handled(services: Services) -> None:
    await store()

    waiting = await inbox.find_waiting("evt_1")
    await inbox.note_failure("evt_1", "PROVIDER_UNAVAILABLE: later" + "x" * 1000)
    assert await inbox.list_waiting() == ["evt_1"]
    await inbox.mark_handled("evt_1")

    assert waiting is not None
    assert (waiting.type, waiting.object_id) == (EVENT.type, "cs_1")
    assert await inbox.find_waiting("evt_1") is None
    assert await inbox.list_waiting() == []
    assert await count("webhook_event", "attempts = 1 AND last_error IS NULL") == 1


async def test_an_event_that_was_given_up_is_kept_for_operators(services: Services) -> None:
    await store()

    await inbox.mark_failed("evt_1", "resource_missing")

    assert await inbox.find_waiting("evt_1") is None
    assert await count("webhook_event", "last_error = 'resource_missing'") == 1


async def test_waiting_events_are_listed_oldest_first(services: Services) -> None:
    for number in (1, 2, 3):
        await store(replace(EVENT, id=f"evt_{number}"))
    await put("webhook_event", "received_at", system_now() - timedelta(hours=1), "id = 'evt_3'")

    assert await inbox.list_waiting() == ["evt_3", "evt_1", "evt_2"]
    assert await inbox.list_waiting(limit=1) == ["evt_3"]


async def test_the_backlog_says_how_many_wait_and_how_long(services: Services) -> None:
    empty = await inbox.get_backlog()
    await store()
    await put("webhook_event", "received_at", system_now() - timedelta(seconds=90))

    backlog = await inbox.get_backlog()

    assert (empty.waiting, empty.oldest_seconds) == (0, 0)
    assert backlog.waiting == 1
    assert 90 <= backlog.oldest_seconds < 120


async def test_polling_goes_on_from_the_newest_event_that_we_know(services: Services) -> None:
    assert await inbox.last_created_at() is None
    await store()
    await store(replace(EVENT, id="evt_0", created=EVENT.created - timedelta(days=1)))

    assert await inbox.last_created_at() == EVENT.created
