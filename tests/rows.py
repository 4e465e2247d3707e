"""The contents of the tables, so that a test can show that a refusal changed nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from chenu.core import db
from tests.conftest import Engines
from tests.contents import digest, read_contents

_COUNTERS = ("attempt_window", "event_cursor")
"""Tables that refused requests change too: counts of attempts, positions in Stripe's lists."""
AUDITED_CHANGES = """
    SELECT * FROM audit_event WHERE action NOT IN ('staff.read', 'impersonation.page')
"""
"""The audit log without what staff read, which changes nothing."""

_ASKED = ("fetch_number", "price_fetch_number")
"""Columns with the number of the answer that a row is from: each new request raises them."""
_SEEN = {
    "user_session": ("last_seen_at",),
    "api_key": ("last_used_at",),
    "scim_token": ("last_used_at",),
    "service_key": ("last_used_at",),
}
"""A refused request is a sign of life too, once a minute: which a test may take."""


@dataclass(frozen=True)
class _Table:
    name: str


async def fingerprint() -> dict[str, tuple[int, str]]:
    """By table the number of rows and a digest of their contents."""
    tables = await db.fetch_all(
        _Table,
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
        " AND tablename <> 'migration' AND tablename NOT LIKE 'pgqueuer%'"
        " AND NOT tablename = ANY($1)",
        list(_COUNTERS),
    )
    queries = {table.name: rows_sql(table.name) for table in tables}
    contents = await read_contents(db.fetch_records, queries)
    return {name: (len(rows), digest(rows)) for name, rows in contents.items()}


def rows_sql(table: str) -> str:
    """Its rows as texts, without what requests that change nothing write too."""
    left_out = ",".join([*_ASKED, *_SEEN.get(table, ())])
    row = f"(to_jsonb(t) - '{{{left_out}}}'::text[])::text"
    rows = f"({AUDITED_CHANGES})" if table == "audit_event" else f'"{table}"'
    return f"SELECT '{table}' AS name, {row} AS content FROM {rows} t"  # noqa: S608 - names of ours


async def count(table: str, where: str = "true", *args: object) -> int:
    sql = f"SELECT count(*) FROM {table} WHERE {where}"  # noqa: S608 - the test's own text
    return int(await db.fetch_value(sql, *args))


async def put(table: str, column: str, value: object, where: str = "true", *args: object) -> None:
    """Sets one column without the product's checks, as for time that has passed or an old state."""
    sql = f"UPDATE {table} SET {column} = $1 WHERE {where}"  # noqa: S608 - the test's own text
    await db.execute(sql, value, *args)


async def count_jobs(job: str) -> int:
    return await count("pgqueuer", "entrypoint = $1", job)


async def mails_to(email: str) -> list[str]:
    """The kinds of the mails to this email address, oldest first."""
    sql = "SELECT kind AS name FROM outbox_mail WHERE to_address = $1 ORDER BY id"
    return [mail.name for mail in await db.fetch_all(_Table, sql, email)]


@asynccontextmanager
async def unguarded(engines: Engines) -> AsyncIterator["asyncpg.Connection"]:
    """A superuser's connection without triggers, for tampering with the ledger."""
    connection = await asyncpg.connect(engines.postgres_url)
    try:
        await connection.execute("SET session_replication_role = replica")
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def without_constraint(
    engines: Engines, table: str, constraint: str
) -> AsyncIterator["asyncpg.Connection"]:
    """Removes a constraint, and restores it over the emptied table."""
    connection = await asyncpg.connect(engines.postgres_url)
    sql = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1"
    rule = await connection.fetchval(sql, constraint)
    try:
        await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        yield connection
    finally:
        await connection.execute(f"TRUNCATE {table} CASCADE")
        await connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {rule}")
        await connection.close()
