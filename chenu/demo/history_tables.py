"""Our database as text, and back: the rows of a demo's history. history.py says what it is for."""

import io
from collections.abc import Iterable
from datetime import datetime, timedelta
from graphlib import TopologicalSorter
from typing import Any

import asyncpg

from chenu.core import db
from chenu.core.business_clock import begin_clock
from chenu.core.migrations import apply_migrations, list_known
from chenu.demo.history import FORMAT, BadHistory, History, Manifest, StoredTable
from chenu.ledger.open_operations import reschedule_overdue

_LEFT_BEHIND = {
    "business_clock": "begins anew, where the history ends",
    "migration": "the manifest names them",
    "user_session": "everybody signs in anew",
    "mail_token": "links of mails that nobody has",
    "attempt_window": "limits of those who signed in",
    "idempotency_record": "answers to clicks that nobody repeats a day later",
    "availability_sample": "a demo is measured from its own start",
    "availability_day": "a demo is measured from its own start",
    "web_process": "processes that are over",
    "pgqueuer": "nothing waits in it",
    "pgqueuer_log": "how jobs ended that nobody asks about",
    "pgqueuer_schedules": "nothing is written to it",
    "pgqueuer_statistics": "nothing is written to it",
}
"""Tables that are not stored, and why."""

_PURGED = {
    "outbox_mail": "outbox_mail",
    "stripe_event": "stripe_event",
    "stripe_event_key": "stripe_event",
}
"""Of these only the last 90 days are stored, as the table beside says when rows of an id were made.
The purge goes by the system's time, in which all of them are of the last hour; a real product would
have deleted the older ones.
"""
_PURGED_AFTER = timedelta(days=90)

_COLUMNS = """
    SELECT c.table_name::text AS name, array_agg(c.column_name::text ORDER BY c.ordinal_position)
        AS columns
    FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'
        AND NOT c.table_name = ANY($1)
    GROUP BY c.table_name ORDER BY c.table_name
"""
_SEQUENCES = """
    SELECT sequencename::text AS name, last_value FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL
        AND sequencename NOT LIKE 'migration%' AND sequencename NOT LIKE 'pgqueuer%'
"""
_REFERENCES = """
    SELECT c.relname::text AS name, coalesce(array_agg(p.relname::text)
        FILTER (WHERE p.oid <> c.oid), '{}') AS parents
    FROM pg_class c
    LEFT JOIN pg_inherits m ON m.inhparent = c.oid
    LEFT JOIN pg_constraint f ON f.conrelid IN (c.oid, m.inhrelid) AND f.contype = 'f'
    LEFT JOIN pg_inherits n ON n.inhrelid = f.confrelid
    LEFT JOIN pg_class p ON p.oid = coalesce(n.inhparent, f.confrelid)
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
    GROUP BY c.relname
"""
_MIGRATIONS = "SELECT name::text FROM migration ORDER BY name"


async def dump_tables(url: str, archive: bytes, ends_at: datetime) -> History:
    """Reads one state of the database; together with the sandbox's archive it is a history."""
    connection = await asyncpg.connect(url, server_settings={"timezone": "UTC"})
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            manifest = await _describe(connection, ends_at)
            since = ends_at - _PURGED_AFTER
            rows = {each.name: await _copy_out(connection, each, since) for each in manifest.tables}
    finally:
        await connection.close()
    return History(manifest, rows, archive)


async def _describe(connection: Any, ends_at: datetime) -> Manifest:
    tables = await connection.fetch(_COLUMNS, list(_LEFT_BEHIND))
    sequences = await connection.fetch(_SEQUENCES)
    return Manifest(
        format=FORMAT,
        ends_at=ends_at,
        migrations=[row["name"] for row in await connection.fetch(_MIGRATIONS)],
        tables=[StoredTable(row["name"], row["columns"]) for row in tables],
        sequences={row["name"]: row["last_value"] for row in sequences},
    )


async def _copy_out(connection: Any, table: StoredTable, since: datetime) -> bytes:
    text = io.BytesIO()
    columns = ", ".join(f'"{name}"' for name in table.columns)
    sql = f'SELECT {columns} FROM "{table.name}"'  # noqa: S608 - names of ours
    if dated := _PURGED.get(table.name):
        sql += f" WHERE id IN (SELECT id FROM {dated} WHERE created_at >= '{since:%Y-%m-%d}')"  # noqa: S608 - names of ours
    sql += " ORDER BY 1"
    await connection.copy_from_query(sql, output=text)
    return text.getvalue()


async def load_tables(url: str, history: History, offset: timedelta) -> None:
    """Makes the history's schema, fills it, and brings it up to date; business time begins there.

    All rows come in one transaction: an interrupted load leaves empty tables. Raises BadHistory.
    """
    if unknown := set(history.manifest.migrations) - list_known():
        raise BadHistory(f"the demo's history has migrations that are gone: {min(unknown)}")
    await apply_migrations(url, history.manifest.migrations)
    db.configure(url, application="chenu-history", role=None)
    await db.start(pool_size=2)
    try:
        async with db.transaction():
            await _fill(history)
            await begin_clock(offset)
            await reschedule_overdue()
    except asyncpg.PostgresError as error:
        raise BadHistory(f"the demo's history does not fit its tables: {error}") from error
    finally:
        await db.stop()
    await apply_migrations(url)


async def _fill(history: History) -> None:
    tables = {table.name: table for table in history.manifest.tables}
    async with db.connection() as connection:
        await _switch_triggers(connection, tables, "DISABLE")
        for name in await _order(connection):
            if name in tables:
                source = io.BytesIO(history.rows[name])
                columns = tables[name].columns
                await connection.copy_to_table(name, source=source, columns=columns)
        await _switch_triggers(connection, tables, "ENABLE")
        for name, last in history.manifest.sequences.items():
            await connection.execute("SELECT setval($1::text::regclass, $2)", name, last)


async def _switch_triggers(connection: Any, tables: Iterable[str], switch: str) -> None:
    """What they write of other rows is among the rows of the history already."""
    for name in tables:
        await connection.execute(f'ALTER TABLE "{name}" {switch} TRIGGER USER')


async def _order(connection: Any) -> list[str]:
    """All tables, each after those that it or one of its months refers to."""
    found = await connection.fetch(_REFERENCES)
    sorter = TopologicalSorter({row["name"]: row["parents"] for row in found})
    return list(sorter.static_order())
