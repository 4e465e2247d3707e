"""A table that is in use is split by month; months are made ahead, found by time, and dropped."""

import re
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from chenu.affiliates.clicks import _RECORD
from chenu.affiliates.retention import CLICKS_STORED
from chenu.core import db
from chenu.core.clock import CLOCK, business_now
from chenu.core.errors import Busy
from chenu.core.ids import new_id
from chenu.core.month_partitions import (
    MONTHS_AHEAD,
    add_partitions,
    drop_partitions,
    list_partitions,
    list_split_tables,
)
from chenu.core.retention import purge
from chenu.jobs.purge import RETENTION_OF
from tests.core.months import CLICK, OLD_CLICK


async def test_what_was_there_is_the_first_month_and_older_statements_go_on(split: Any) -> None:
    [first, second, *_] = await list_partitions("affiliate_click")
    served = await db.fetch_records("SELECT day, served FROM api_usage ORDER BY day DESC")

    assert (first.name, first.starts_at) == ("affiliate_click_before", None)
    assert first.ends_at == second.starts_at
    assert first.ends_at > business_now() + timedelta(days=31)
    assert [record[1] for record in served] == [3, 1, 1]
    assert await db.fetch_value("SELECT id FROM affiliate_click") == OLD_CLICK
    sql = "SELECT count(*) FROM months.affiliate_click_before"
    assert await split.fetchval(sql) == 1  # the very table, not a copy
    keys = await split.fetchval(
        "SELECT array_agg(DISTINCT conrelid::regclass::text || ' ' || confrelid::regclass::text)"
        " FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text ~ 'click(_before)?$'"
    )
    assert set(keys) == {"affiliate_click affiliate", "months.affiliate_click_before affiliate"}


async def test_months_are_made_ahead_of_business_time_however_late(split: Any) -> None:
    before = {table.name: table.months_ahead for table in await list_split_tables()}
    CLOCK.move_to_offset(timedelta(days=700))
    late = {table.months_ahead for table in await list_split_tables()}
    click = (new_id(), new_id(), business_now())
    with pytest.raises(asyncpg.CheckViolationError):
        await split.execute(CLICK, *click)

    await add_partitions()
    await add_partitions()

    await split.execute(CLICK, *click)
    assert min(before.values()) >= MONTHS_AHEAD
    assert max(late) < 0
    assert {table.months_ahead for table in await list_split_tables()} == {MONTHS_AHEAD}
    months = await list_partitions("api_usage")
    assert [month.starts_at for month in months[1:]] == [month.ends_at for month in months[:-1]]


async def test_one_table_that_fails_is_in_no_other_ones_way(
    split: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    CLOCK.move_to_offset(timedelta(days=800))
    monkeypatch.setattr(db, "_run", failing_for("affiliate_click", db._run))

    with capture_logs() as logs, pytest.raises(RuntimeError):
        await add_partitions()

    ahead = {table.name: table.months_ahead for table in await list_split_tables()}
    assert ahead["api_usage"] == MONTHS_AHEAD > ahead["affiliate_click"]
    [failed] = [line for line in logs if line["event"] == "months_not_added"]
    assert (failed["table"], failed["error"]) == ("affiliate_click", "RuntimeError")


def failing_for(table: str, run: Any) -> Any:
    async def fail(method: str, sql: str, args: tuple[Any, ...]) -> Any:
        if "add_months" in sql and table in args:
            raise RuntimeError
        return await run(method, sql, args)

    return fail


async def test_a_statement_of_a_month_reads_no_older_ones(split: Any) -> None:
    CLOCK.move_to_offset(timedelta(days=700))
    await add_partitions()
    now = business_now()
    recorded = await explain(
        split, _RECORD, new_id(), b"x", now, now, new_id(), "/", new_id(), now.date()
    )
    summed = await explain(
        split,
        "SELECT sum(served) FROM api_usage WHERE account = $1 AND day BETWEEN $2 AND $3",
        *(new_id(), now.date().replace(day=1), now.date()),
    )

    assert f"affiliate_click_{now:%Y_%m}" in recorded
    assert "affiliate_click_before" not in recorded
    assert re.findall(r"Scan .* on (\w+)", summed) == [f"api_usage_{now:%Y_%m}"]


async def explain(connection: Any, sql: str, *args: object) -> str:
    """The plan for any arguments, run with these."""
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    lines = await connection.fetch(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {sql}", *args)
    return "\n".join(line[0] for line in lines)


async def test_the_purge_drops_months_that_are_over_and_nothing_younger(split: Any) -> None:
    CLOCK.move_to_offset(timedelta(days=700))
    await add_partitions()
    now = business_now()
    stored = now - CLICKS_STORED + timedelta(minutes=1)
    for moment in (now - CLICKS_STORED - timedelta(days=32), stored):
        await split.execute(CLICK, new_id(), new_id(), moment)

    await purge(RETENTION_OF["affiliate_click"])
    await purge(RETENTION_OF["affiliate_click"])

    [first, *_] = await list_partitions("affiliate_click")
    assert first.starts_at is not None
    assert first.starts_at <= stored < first.ends_at
    assert await db.fetch_value("SELECT min(clicked_at) FROM affiliate_click") == stored
    await split.execute(CLICK, new_id(), new_id(), now)


async def test_a_month_that_is_read_is_dropped_later(
    split: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chenu.core.db_errors._MOST_ATTEMPTS", 1)
    last = (await list_partitions("api_usage"))[0]
    async with split.transaction():
        await split.execute("LOCK TABLE api_usage IN ACCESS SHARE MODE")
        with pytest.raises(Busy):
            await drop_partitions("api_usage", last.ends_at)

    assert await drop_partitions("api_usage", last.ends_at) == 1


async def test_books_are_never_dropped(split: Any) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await drop_partitions("ledger_entry", business_now())
