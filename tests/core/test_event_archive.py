"""Months of clicks and of Stripe's events as files: nothing of a visitor, nothing that waits."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from chenu.affiliates.model import ATTRIBUTION
from chenu.backup.errors import BackupError
from chenu.backup.month_archive import archive, name_month, restore_month, verify_month, write_rows
from chenu.backup.month_tables import MonthTable
from chenu.billing import inbox
from chenu.billing.gateway import EventSummary
from chenu.billing.inbox import EventSource
from chenu.billing.retention import EVENTS_STORED
from chenu.core.business_clock import advance_clock
from chenu.core.clock import business_now, system_now
from chenu.core.ids import new_id
from chenu.core.months import month_of
from chenu.jobs.purge import RETENTION_OF
from chenu.settings import Settings
from tests.core.months import count_of
from tests.faults.own_engines import own_pool
from tests.people import make_person

VISITOR = b"a hash of somebody's address"
CLICKED = "INSERT INTO affiliate_click VALUES ($1, $2, '/agents', $3, $4)"


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> "Later":
    return Later(monkeypatch)


class Later:
    """Moves the system's time, by which events are stored, for what reads it here."""

    def __init__(self, patching: pytest.MonkeyPatch) -> None:
        self._patching = patching

    def move_to(self, moment: datetime) -> None:
        self._patching.setattr(inbox, "system_now", lambda: moment)
        events = RETENTION_OF["stripe_event"]
        moved = replace(events, clock=lambda: moment)
        self._patching.setitem(RETENTION_OF, "stripe_event", moved)


async def store(event_id: str) -> bool:
    event = EventSummary(event_id, "customer.updated", "cus_1", None, system_now())
    return await inbox.store_event(event, EventSource.WEBHOOK)


@pytest.fixture
async def events(split: Any, later: Later) -> MonthTable:
    """Two handled ones of a month that ended 40 days ago."""
    month = month_of(system_now() + timedelta(days=100))
    later.move_to(month.start + timedelta(days=3))
    for name in ("evt_of_old_1", "evt_of_old_2"):
        assert await store(name)
        await inbox.mark_handled(name)
    later.move_to(month.end + timedelta(days=40))
    return name_month("stripe_event", str(month))


async def let_wait(split: Any, month: MonthTable, event_id: str) -> None:
    sql = f"UPDATE {month} SET state = 'RECEIVED' WHERE id = $1"  # noqa: S608 - names of ours
    await split.execute(sql, event_id)


async def test_events_leave_for_a_file_and_come_back(
    split_settings: Settings, events: MonthTable, split: Any, tmp_path: Path
) -> None:
    file, month = tmp_path / "events", str(events.month)
    rows = "SELECT * FROM stripe_event WHERE id LIKE 'evt_of_old_%' ORDER BY id"
    before = await split.fetch(rows)
    async with own_pool():
        made = await archive(split_settings, "stripe_event", month, file)
        await verify_month(split_settings, file)
    without = await count_of(split, "stripe_event", "id LIKE 'evt_of_old_%'")
    comes_again = await store("evt_of_old_1")
    async with own_pool():
        await restore_month(split_settings, file)
        assert await verify_month(split_settings, file) == made

    assert (made.rows, made.sums) == (2, {})
    assert (without, comes_again) == (0, False)
    assert await split.fetch(rows) == before
    assert await split.fetchval("SELECT count(DISTINCT tableoid) FROM stripe_event") == 2
    assert await split.fetchval("SELECT count(*) FROM archived_month") == 0


async def test_a_month_in_which_an_event_waits_stays(
    split_settings: Settings, events: MonthTable, split: Any, tmp_path: Path
) -> None:
    await let_wait(split, events, "evt_of_old_2")
    async with own_pool():
        with pytest.raises(BackupError, match="waits to be handled yet"):
            await archive(split_settings, "stripe_event", str(events.month), tmp_path / "events")

    assert await count_of(split, "stripe_event", "id LIKE 'evt_of_old_%'") == 2
    assert not (tmp_path / "events").exists()


async def test_an_event_that_begins_to_wait_while_its_month_leaves_brings_it_back(
    split_settings: Settings,
    events: MonthTable,
    split: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Staff have it handled again between the look and the end of the detaching."""
    look = MonthTable.waits

    async def look_and_wait(month: MonthTable) -> bool:
        waits = await look(month)
        await let_wait(split, month, "evt_of_old_1")
        return waits

    monkeypatch.setattr(MonthTable, "waits", look_and_wait)
    async with own_pool():
        with pytest.raises(BackupError, match="waits to be handled yet"):
            await archive(split_settings, "stripe_event", str(events.month), tmp_path / "events")

    assert await count_of(split, "stripe_event", "state = 'RECEIVED' AND id = 'evt_of_old_1'") == 1
    assert await count_of(split, "stripe_event", "id LIKE 'evt_of_old_%'") == 2


async def test_a_month_whose_time_is_over_is_read_from_its_file(
    split_settings: Settings, events: MonthTable, split: Any, later: Later, tmp_path: Path
) -> None:
    file, rows = tmp_path / "events", tmp_path / "rows"
    async with own_pool():
        await archive(split_settings, "stripe_event", str(events.month), file)
        later.move_to(events.month.end + EVENTS_STORED)
        with pytest.raises(BackupError, match="stored for 90 days; `chenu archive rows`"):
            await restore_month(split_settings, file)
    write_rows(split_settings, file, rows)
    with pytest.raises(BackupError, match="is there already"):
        write_rows(split_settings, file, rows)

    names, *lines = rows.read_text().splitlines()
    assert names.split("\t")[:3] == ["id", "type", "object_id"]
    assert [line.split("\t")[:3] for line in lines] == [
        ["evt_of_old_1", "customer.updated", "cus_1"],
        ["evt_of_old_2", "customer.updated", "cus_1"],
    ]
    assert rows.stat().st_mode & 0o077 == 0
    assert await split.fetchval("SELECT count(*) FROM archived_month") == 1


async def test_clicks_leave_without_their_visitors(
    split_settings: Settings, split: Any, tmp_path: Path
) -> None:
    affiliate, month = await make_affiliate(split), month_of(business_now() + timedelta(days=100))
    for day in (1, 20):
        at = month.start + timedelta(days=day)
        await split.execute(CLICKED, new_id(), affiliate, VISITOR, at)
    await advance_clock(month.end - business_now() + ATTRIBUTION + timedelta(hours=1))
    file, rows = tmp_path / "clicks", tmp_path / "rows"
    async with own_pool():
        made = await archive(split_settings, "affiliate_click", str(month), file)
        write_rows(split_settings, file, rows)
        without = await count_of(split, "affiliate_click", "landing = '/agents'")
        await restore_month(split_settings, file)
        await verify_month(split_settings, file)

    assert made.columns == ["id", "affiliate", "landing", "clicked_at"]
    assert (made.rows, without) == (2, 0)
    assert VISITOR.hex() not in rows.read_text()
    sql = "SELECT DISTINCT visitor FROM affiliate_click WHERE landing = '/agents'"
    assert await split.fetchval(sql) == b""


async def test_clicks_of_an_affiliate_who_was_deleted_meanwhile_do_not_come_back(
    split_settings: Settings, split: Any, tmp_path: Path
) -> None:
    affiliate, month = await make_affiliate(split), month_of(business_now() + timedelta(days=100))
    await split.execute(CLICKED, new_id(), affiliate, VISITOR, month.start)
    await advance_clock(month.end - business_now() + ATTRIBUTION + timedelta(hours=1))
    async with own_pool():
        await archive(split_settings, "affiliate_click", str(month), tmp_path / "clicks")
        await split.execute(
            "INSERT INTO person_deletion (id, person, attempts, next_attempt_at, requested_at)"
            " SELECT $1, member, 0, now(), now() FROM affiliate WHERE id = $2",
            *(new_id(), affiliate),
        )
        await restore_month(split_settings, tmp_path / "clicks")

    assert await count_of(split, "affiliate_click", "landing = '/agents'") == 0


async def make_affiliate(split: Any) -> Any:
    person = await make_person("zoe")
    return await split.fetchval(
        "INSERT INTO affiliate (id, member, code, status, joined_at)"
        " VALUES ($1, $2, 'CHENU0123ABCD', 'ACTIVE', now()) RETURNING id",
        *(new_id(), person.user_id),
    )
