"""The inbox: each event once, with a job, and nothing lost when handling fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.core import db
from chenu.core.clock import system_now
from chenu.core.errors import Unavailable
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.rows import count, count_jobs, fingerprint, put
from tests.waiting import until

EVENT = EventSummary("evt_1", "checkout.session.completed", "cs_1", None, system_now())


async def store(event: EventSummary = EVENT) -> bool:
    return await inbox.store_event(event, EventSource.WEBHOOK)


def many(number: int) -> list[EventSummary]:
    return [replace(EVENT, id=f"evt_of_many_{n}") for n in range(number)]


async def test_an_event_that_comes_fifty_times_at_once_is_stored_once_with_one_job(
    services: Services,
) -> None:
    stored = await asyncio.gather(*(store() for _ in range(50)))

    assert sorted(stored) == [False] * 49 + [True]
    assert (await count("stripe_event"), await count_jobs("webhook_event")) == (1, 1)


async def test_events_that_come_at_once_are_one_statement_with_their_jobs(
    services: Services,
) -> None:
    events = [replace(EVENT, id="evt_known"), *many(50), *many(50)]
    await store(events[0])

    stored = await asyncio.gather(*(store(event) for event in events))

    assert stored == [False] + [True] * 50 + [False] * 50
    assert (
        await db.fetch_value(
            "SELECT count(DISTINCT xmin::text) FROM stripe_event WHERE id <> 'evt_known'"
        )
        == 1
    )
    each_has_its_job = """
        SELECT count(*) FROM stripe_event e JOIN pgqueuer j
        ON convert_from(j.payload, 'UTF8') = e.id AND j.xmin = e.xmin
    """
    assert await db.fetch_value(each_has_its_job) == await count("pgqueuer") == 51


POISONS = {
    "a NUL": replace(EVENT, id="evt_poison", type="a\0b"),
    "half a character": replace(EVENT, id="evt_poison", type="a\ud800b"),
    "a NUL in the id": replace(EVENT, id="evt_\0"),
}


@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS.keys())
async def test_an_event_that_no_row_can_hold_harms_no_other(
    services: Services, poison: EventSummary
) -> None:
    events = [*many(10), poison, *many(10)]

    outcomes = await asyncio.gather(*map(store, events), return_exceptions=True)

    assert isinstance(outcomes.pop(10), asyncpg.DataError)
    assert outcomes == [True] * 10 + [False] * 10
    assert (await count("stripe_event"), await count_jobs("webhook_event")) == (10, 10)


_OURS = "FROM pg_stat_activity WHERE application_name = 'chenu-tests'"
_IS_WAITING = f"SELECT count(*) {_OURS} AND wait_event_type = 'Lock'"
_END_THEM = f"SELECT pg_terminate_backend(pid, 5000) {_OURS}"
"""And wait until they have ended: what is idle in the pool has to be seen as lost."""


async def test_a_database_that_goes_away_meanwhile_is_reported_to_each_and_all_may_come_again(
    services: Services, engines: Engines
) -> None:
    async with about_to_store(engines, "evt_of_many_0") as other:
        storing = asyncio.gather(*map(store, many(10)), return_exceptions=True)
        await until(lambda: other.fetchval(_IS_WAITING))
        await other.execute(_END_THEM)
        outcomes = await storing
    again = await asyncio.gather(*map(store, many(10)))

    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 10
    assert again == [True] * 10
    assert (await count("stripe_event"), await count_jobs("webhook_event")) == (10, 10)


@asynccontextmanager
async def about_to_store(engines: Engines, event_id: str) -> AsyncIterator[Any]:
    """Another process's transaction, for which whoever stores the same event has to wait."""
    connection = await asyncpg.connect(engines.postgres_url)
    sql = """
        INSERT INTO stripe_event (id, type, created_at, received_at, next_attempt_at)
        VALUES ($1, '', now(), now(), now())
    """
    try:
        await connection.execute("BEGIN")
        await connection.execute(sql, event_id)
        yield connection
    finally:
        await connection.close()


async def test_what_is_stored_in_a_transaction_is_no_part_of_what_others_store(
    services: Services,
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def store_and_fail() -> None:
        async with db.transaction():
            await store()
            begun.set()
            await ended.wait()
            raise ZeroDivisionError

    failing = asyncio.create_task(store_and_fail())
    await begun.wait()
    stored = await asyncio.gather(*map(store, many(3)))
    ended.set()
    with pytest.raises(ZeroDivisionError):
        await failing

    assert stored == [True] * 3
    assert sorted(await inbox.list_waiting()) == [event.id for event in many(3)]


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

    assert (await count("stripe_event"), await count_jobs("webhook_event")) == (0, 0)


async def _store_and_fail() -> None:
    async with db.transaction():
        await store()
        raise ZeroDivisionError


async def test_an_event_waits_until_it_is_handled(services: Services) -> None:
    await store()

    waiting = await inbox.find_waiting("evt_1")
    await inbox.record_failure("evt_1", "PROVIDER_UNAVAILABLE: later" + "x" * 1000)
    assert await inbox.list_waiting() == []  # until its next attempt is due
    await put("stripe_event", "next_attempt_at", system_now())
    assert await inbox.list_waiting() == ["evt_1"]
    await inbox.mark_handled("evt_1")

    assert waiting is not None
    assert (waiting.type, waiting.object_id) == (EVENT.type, "cs_1")
    assert await inbox.find_waiting("evt_1") is None
    assert await inbox.list_waiting() == []
    assert await count("stripe_event", "attempts = 1 AND last_error IS NULL") == 1


async def test_an_event_that_was_given_up_is_stored_for_operators(services: Services) -> None:
    await store()

    await inbox.mark_failed("evt_1", "resource_missing")

    assert await inbox.find_waiting("evt_1") is None
    assert await count("stripe_event", "last_error = 'resource_missing'") == 1


async def test_waiting_events_are_listed_most_overdue_first(services: Services) -> None:
    for number in (1, 2, 3):
        await store(replace(EVENT, id=f"evt_{number}"))
    await put("stripe_event", "next_attempt_at", system_now() - timedelta(hours=1), "id = 'evt_3'")

    assert await inbox.list_waiting() == ["evt_3", "evt_1", "evt_2"]
    assert await inbox.list_waiting(limit=1) == ["evt_3"]


async def test_the_backlog_says_how_many_wait_and_how_long(services: Services) -> None:
    empty = await inbox.get_backlog()
    await store()
    await put("stripe_event", "received_at", system_now() - timedelta(seconds=90))

    backlog = await inbox.get_backlog()

    assert (empty.waiting, empty.oldest_seconds) == (0, 0)
    assert backlog.waiting == 1
    assert 90 <= backlog.oldest_seconds < 120


async def test_an_event_that_means_nothing_is_marked_so_and_waits_no_more(
    services: Services,
) -> None:
    await store()

    await inbox.mark_ignored("evt_1")
    await inbox.mark_handled("evt_1")

    assert await inbox.find_waiting("evt_1") is None
    assert await inbox.list_waiting() == []
    assert await count("stripe_event", "state = 'IGNORED' AND handled_at IS NOT NULL") == 1


async def test_events_stored_as_handled_get_no_job_and_leave_known_ones_alone(
    services: Services,
) -> None:
    await store()

    await inbox.store_handled([EVENT, *many(2)])

    assert await inbox.list_waiting() == ["evt_1"]
    known = {"evt_1", "evt_of_many_0", "evt_of_many_1"}
    assert await inbox.list_known([*known, "evt_unknown"]) == known
    assert await count_jobs("webhook_event") == 1


async def test_a_state_that_nobody_knows_is_refused_by_the_database(services: Services) -> None:
    await store()

    with pytest.raises(asyncpg.CheckViolationError):
        await db.execute("UPDATE stripe_event SET state = 'DONE'")
