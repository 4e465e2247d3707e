"""Stripe's events by month: older code goes on beside, each happens once, what waits is there."""

import re
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from chenu.billing import inbox, inbox_list
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.billing.inbox_list import EventState
from chenu.billing.retention import EVENT_KEYS_STORED, EVENTS_STORED
from chenu.core import db
from chenu.core.clock import CLOCK, system_now
from chenu.core.errors import Busy
from chenu.core.month_partitions import (
    MONTHS_AHEAD,
    add_partitions,
    drop_partitions,
    list_partitions,
    list_split_tables,
)
from chenu.core.paging import PageRequest
from chenu.core.retention import Retention, purge
from chenu.jobs.purge import RETENTION_OF
from tests.api.calls import counted_statements
from tests.core import older_inbox as older_code
from tests.core.months import count_of

LATER = timedelta(days=100)
"""In another month than what older code has stored."""
MONTH = timedelta(days=31)


def event(event_id: str) -> EventSummary:
    return EventSummary(event_id, "customer.updated", "cus_1", None, system_now())


async def store(event_id: str) -> bool:
    return await inbox.store_event(event(event_id), EventSource.WEBHOOK)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Newer code's time is months ahead."""
    moment = system_now() + LATER
    monkeypatch.setattr(inbox, "system_now", lambda: moment)
    return moment


async def test_nothing_was_lost_or_stored_twice_while_the_table_was_split(split: Any) -> None:
    events = await split.fetchrow("SELECT count(*), count(DISTINCT id) FROM stripe_event")
    strays = await split.fetch(
        "SELECT id, received_at FROM stripe_event"
        " EXCEPT SELECT id, received_at FROM stripe_event_key"
    )
    first, *_ = await list_partitions("stripe_event")

    assert events[0] == events[1] == await split.fetchval("SELECT count(*) FROM stripe_event_key")
    assert await count_of(split, "stripe_event", "id LIKE 'evt_day_%'") == 102
    assert strays == []
    assert first.name == "stripe_event_before"
    assert first.ends_at > system_now() + MONTH
    assert await count_of(split, "months.stripe_event_before") == events[0]


async def test_older_and_newer_code_share_the_events_of_the_first_month(
    split: Any, older: Any
) -> None:
    now = system_now()
    stored_by_older = [
        await older.fetch(older_code.STORE, name, now) for name in ("evt_a", "evt_a")
    ]
    stored = {name: await store(name) for name in ("evt_known", "evt_day_70", "evt_a", "evt_b")}
    again = await older.fetch(older_code.STORE, "evt_b", now)
    await older.execute(older_code.STORE_HANDLED, ["evt_b", "evt_c"], now)

    assert [len(rows) for rows in stored_by_older] == [1, 0]
    assert stored == {"evt_known": False, "evt_day_70": False, "evt_a": False, "evt_b": True}
    assert again == []
    assert await inbox.list_known(["evt_c", "evt_unknown"]) == {"evt_c"}

    assert await older.fetchval(older_code.FIND_WAITING, "evt_b") == "evt_b"
    await older.execute(older_code.MARK_HANDLED, "evt_b", now)
    await inbox.mark_handled("evt_known")
    waiting = await older.fetch(older_code.LIST_WAITING, 1000, now + MONTH)

    assert await inbox.find_waiting("evt_b") is None
    assert "evt_a" in {row["id"] for row in waiting}
    assert "evt_known" not in {row["id"] for row in waiting}
    assert {row["id"] for row in waiting} == set(await inbox.list_waiting(limit=1000))
    [locked] = await older.fetch(older_code.LOCK, "evt_known")
    assert locked["state"] == "HANDLED"
    with pytest.raises(asyncpg.RaiseError, match="waits"):
        await older.execute("DELETE FROM webhook_event WHERE id = 'evt_a'")
    assert await older.execute(older_code.PURGE, now - timedelta(days=100.5)) == "DELETE 1"


async def test_the_same_event_in_two_months_happens_once(
    split: Any, older: Any, later: datetime
) -> None:
    known = [await store("evt_known"), await store("evt_new"), await store("evt_new")]
    of_older = await older.fetch(older_code.STORE, "evt_new", system_now())
    await inbox.store_handled([event("evt_new"), event("evt_known")])

    place = "SELECT tableoid::regclass::text FROM stripe_event WHERE id = $1"
    assert known == [False, True, False]
    assert of_older == []
    assert await split.fetchval(place, "evt_new") == f"months.stripe_event_{later:%Y_%m}"
    assert await count_of(split, "stripe_event", "id IN ('evt_new', 'evt_known')") == 2
    sql = "SELECT count(*) FROM pgqueuer WHERE payload = 'evt_new'::bytea"
    assert await split.fetchval(sql) == 1


async def test_months_are_made_ahead_of_the_systems_time_where_business_time_is_behind(
    split: Any,
) -> None:
    CLOCK.move_to_offset(timedelta(days=-400))
    await add_partitions()

    assert min(table.months_ahead for table in await list_split_tables()) >= MONTHS_AHEAD


def at(retention: Retention, moment: datetime) -> Retention:
    return replace(retention, clock=lambda: moment)


async def test_a_month_in_which_an_event_waits_stays_and_goes_once_it_is_handled(
    split: Any, later: datetime
) -> None:
    events, keys = RETENTION_OF["stripe_event"], RETENTION_OF["stripe_event_key"]
    await store("evt_waits")
    await inbox.store_handled([event("evt_handled")])
    over = later + MONTH + EVENTS_STORED
    long_over = over + EVENT_KEYS_STORED

    await purge(at(events, over - MONTH - timedelta(days=1)))
    names = [each.name for each in await list_partitions("stripe_event")]
    await purge(at(events, over))
    await purge(at(keys, long_over))

    assert f"stripe_event_{later:%Y_%m}" in names
    assert await count_of(split, "stripe_event", "id IN ('evt_waits', 'evt_handled')") == 2
    assert await inbox.list_known(["evt_waits", "evt_handled", "evt_day_1"]) == {
        "evt_waits",
        "evt_handled",
    }
    assert await count_of(split, "stripe_event", "id LIKE 'evt_day_%'") == 0

    await split.execute("UPDATE stripe_event SET state = 'FAILED' WHERE state = 'RECEIVED'")
    await purge(at(events, over))
    [first, *_] = await list_partitions("stripe_event")
    await purge(at(keys, later + EVENT_KEYS_STORED))
    known = await inbox.list_known(["evt_waits"])
    await purge(at(keys, long_over))

    assert first.starts_at is not None
    assert first.starts_at > later
    assert await split.fetchval("SELECT to_regclass('webhook_event')") is None
    assert known == {"evt_waits"}
    assert await count_of(split, "stripe_event_key") == 0


async def test_a_month_is_not_dropped_while_an_event_of_it_begins_to_wait(
    split: Any, later: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chenu.core.db_errors._MOST_ATTEMPTS", 1)
    await split.execute("UPDATE stripe_event SET state = 'HANDLED'")
    await inbox.store_handled([event("evt_replayed")])
    over = later + MONTH
    async with split.transaction():
        await split.execute("UPDATE stripe_event SET state = 'RECEIVED' WHERE id = 'evt_replayed'")
        with pytest.raises(Busy):
            await drop_partitions("stripe_event", over)

    await drop_partitions("stripe_event", over)

    assert [waiting.id for waiting in [await inbox.find_waiting("evt_replayed")] if waiting]


_MANY = """
    INSERT INTO stripe_event (id, type, object_id, source, created_at, received_at,
        next_attempt_at, state, attempts)
    SELECT 'evt_many_' || n, 'customer.updated', 'cus_1', 'WEBHOOK', at, at, at, 'HANDLED', 1
    FROM generate_series(1, 4300) n CROSS JOIN LATERAL (SELECT now() + n * interval '1 hour') _(at)
"""


async def test_events_are_found_by_indexes_in_every_month(split: Any) -> None:
    page = PageRequest(20)
    async with counted_statements() as statements:
        await store("evt_new")
        await inbox.find_waiting("evt_known")
        await inbox.list_waiting()
        await inbox.list_known(["evt_known"])
        await inbox.reopen_failed(system_now())
        await inbox.list_failing(system_now())
        await inbox.get_backlog()
        await inbox_list.list_events(None, page)
        await inbox_list.list_events(EventState.FAILED, page)
        await inbox_list.get_event("evt_known")
        await inbox.mark_handled("evt_known")
    await split.execute(f"{_MANY}; ANALYZE stripe_event")  # the planner knows of the months
    await split.execute(
        "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off;"
        " SET plan_cache_mode = force_generic_plan"
    )
    plans = [await explain(split, sql) for sql in statements if "stripe_event" in sql]

    assert len(plans) == 11
    assert [re.findall(r"Seq Scan on (\w+)", plan) for plan in plans] == [[]] * 11
    assert [plan for plan in plans if len(re.findall(r"using stripe_event_\w+_pkey", plan)) > 3]
    claim, *_ = [plan for plan in plans if "next_attempt_at <=" in plan]
    assert re.findall(r"Index Scan using (\w+)_next_attempt_at_idx", claim)
    assert [plan for plan in plans if "received_at DESC" in plan and "->  Sort" in plan] == []


async def explain(connection: Any, sql: str) -> str:
    """The plan for any arguments."""
    numbers = {int(number) for number in re.findall(r"\$(\d+)", sql)}
    await connection.execute(f"PREPARE one AS {sql}")
    given = f"({', '.join(['NULL'] * max(numbers))})" if numbers else ""
    lines = await connection.fetch(f"EXPLAIN (COSTS OFF) EXECUTE one{given}")
    await connection.execute("DEALLOCATE one")
    return "\n".join(line[0] for line in lines)


async def test_the_purge_of_older_code_is_that_of_the_first_month(older: Any) -> None:
    assert await db.fetch_value("SELECT count(*) FROM webhook_event") > 100
    await older.execute(older_code.PURGE, system_now() - EVENTS_STORED)

    assert await db.fetch_value("SELECT count(*) FROM stripe_event WHERE id = 'evt_day_95'") == 0
    assert await db.fetch_value("SELECT count(*) FROM stripe_event WHERE id = 'evt_old'") == 1
