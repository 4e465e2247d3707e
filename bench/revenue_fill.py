"""A history of subscriptions with all that is derived from it, for `python -m bench --analytics`.

Written by SQL into tables without indexes, which are made afterwards: row by row it took most of
an hour. Each subscription has 12 changes of MRR in 24 months.
"""

import asyncio
import os
import shutil
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg

from bench.stand import FOLDER
from chenu.core.migrations import apply_migrations
from chenu.demo.engines import start_postgres

CHANGES = 12
_WRITERS = 2
_STOP_SECONDS = 120
_TABLES = ("recurring_state", "mrr_movement", "tier_reached", "subscription")

_OWNER_ID = uuid.UUID(int=1)
_OWNER = """
    INSERT INTO app_user (id, email, display_name, password_hash, locale, created_at)
    VALUES ($1, 'bench@bench.example', 'Bench', '-', 'fr', now())
"""
_OWNED = """
    INSERT INTO account (id, name, kind, owner, tier, created_at)
    SELECT lpad(to_hex(n), 32, '0')::uuid, 'Bench', 'ORGANISATION', $1, 'PRO', now()
    FROM generate_series(1, $2) n
"""
_STATES = """
    INSERT INTO recurring_state (id, account, source, kind, item, status, status_before,
        gives_access, billing_interval, price, mrr, mrr_gross, mrr_before, mrr_gross_before,
        changed_at)
    SELECT ($3 - 1)::bigint * $4 + n, lpad(to_hex(n), 32, '0')::uuid,
        ('1' || lpad(to_hex(n), 31, '0'))::uuid, 'TIER', 'PRO', 'ACTIVE',
        CASE WHEN k > 1 THEN 'ACTIVE' END, true, 'MONTH', now.mrr, now.mrr, now.mrr, last.mrr,
        last.mrr, '2025-01-01Z'::timestamptz + make_interval(days => (k - 1) * 60,
            secs => hashint8(n * 31 + k) & 4194303)
    FROM generate_series($1::int, $2::int) n
    CROSS JOIN LATERAL (SELECT (ARRAY[0, 900, 2900, 9900, 2417])
        [1 + (n * 7 + $3::int * (1 + n % 4)) % 5] AS mrr) now
    CROSS JOIN LATERAL (SELECT CASE WHEN $3 = 1 THEN 0 ELSE (ARRAY[0, 900, 2900, 9900, 2417])
        [1 + (n * 7 + ($3 - 1) * (1 + n % 4)) % 5] END AS mrr) last
    CROSS JOIN (SELECT $3::int AS k) k
"""
_PRESENT = f"""
    INSERT INTO subscription (id, account, kind, item, billing_interval, status, gives_access,
        price, stripe_subscription_id, stripe_item_id, period_start, period_end, created_at)
    SELECT source, account, kind, item, billing_interval, status, gives_access, price,
        'sub_' || id, 'si_' || id, changed_at, changed_at + interval '1 month', changed_at
    FROM recurring_state WHERE id > $1::bigint * {CHANGES - 1}
"""  # noqa: S608 - a number of ours
_REACHED = """
    INSERT INTO tier_reached (id, account, tier, reached_at)
    SELECT gen_random_uuid(), account, tier, reached_at FROM (
        SELECT account, min(changed_at) AS reached_at FROM recurring_state WHERE mrr > 0 GROUP BY 1
    ) paid CROSS JOIN tiers_up_to('PRO') AS tier
"""
_MOVEMENTS = """
    INSERT INTO mrr_movement (id, account, state, source, source_kind, kind, mrr_before, mrr_after,
        gross_before, gross_after, cohort, moved_at)
    SELECT gen_random_uuid(), account, state, source, source_kind, kind, mrr_before, mrr_after,
        gross_before, gross_after, cohort, moved_at
    FROM mrr_movement_truth
"""
_INDEXES = """
    SELECT i.indrelid::regclass AS of, i.indexrelid::regclass AS name, c.conname,
        pg_get_constraintdef(c.oid) AS constraint, pg_get_indexdef(i.indexrelid) AS index
    FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid
        AND c.conrelid = i.indrelid
    WHERE i.indrelid = $1::text::regclass
        AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.confrelid = i.indrelid)
"""
_IN_BULK = (
    "SET session_replication_role = replica",
    "SET work_mem = '512MB'",
    "SET maintenance_work_mem = '1GB'",
)
_BULK_SERVER = ("autovacuum = off", "max_wal_size = '16GB'", "checkpoint_timeout = '1h'")


@contextmanager
def open_revenue_stand(subscriptions: int) -> Iterator[str]:
    """The URL of a filled database with the current schema, on a server of its own.

    It is filled without waiting for the disk, and measured with PostgreSQL's own settings.
    """
    data = FOLDER / "revenue"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    try:
        with _serve(data, durable=False) as url:
            asyncio.run(_make_database(url, subscriptions))
        os.sync()
        with _serve(data, durable=True) as url:
            yield f"{url}/revenue"
    finally:
        shutil.rmtree(data, ignore_errors=True)


@contextmanager
def _serve(data: Path, *, durable: bool) -> Iterator[str]:
    postgres, url = start_postgres(data, durable=durable)
    try:
        yield url
    finally:
        postgres.ask_to_stop()
        postgres.wait_stopped(_STOP_SECONDS)


async def _make_database(url: str, subscriptions: int) -> None:
    server = await asyncpg.connect(f"{url}/postgres")
    try:
        await server.execute("CREATE DATABASE revenue")
        await apply_migrations(f"{url}/revenue")
        for setting in _BULK_SERVER:
            await server.execute(f"ALTER SYSTEM SET {setting}")
        await server.execute("SELECT pg_reload_conf()")
        await _fill(f"{url}/revenue", subscriptions)
        await server.execute("ALTER SYSTEM RESET ALL")
        await server.execute("CHECKPOINT")
    finally:
        await server.close()


async def _fill(url: str, subscriptions: int) -> None:
    """The history, then everything that is derived from it."""
    connection = await asyncpg.connect(url)
    try:
        for setting in _IN_BULK:
            await connection.execute(setting)
        async with _without_indexes(connection):
            await connection.execute(_OWNER, _OWNER_ID)
            await connection.execute(_OWNED, _OWNER_ID, subscriptions)
            await _write_history(url, subscriptions)
            await _say(connection, "ANALYZE recurring_state")
            for sql, args in ((_PRESENT, (subscriptions,)), (_REACHED, ()), (_MOVEMENTS, ())):
                await _say(connection, sql, *args)
        for sql in ("VACUUM ANALYZE", "SELECT rebuild_sums()", "VACUUM ANALYZE revenue_day"):
            await _say(connection, sql)
        await _say(connection, "VACUUM ANALYZE revenue_cohort")
    finally:
        await connection.close()


async def _say(connection: asyncpg.Connection, sql: str, *args: object) -> None:
    print(f"filling: {' '.join(sql.split())[:60]:<60}", end="\r", file=sys.stderr)
    await connection.execute(sql, *args)


@asynccontextmanager
async def _without_indexes(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Drops indexes, with primary keys and unique constraints, and makes them again at the end."""
    found = [each for table in _TABLES for each in await connection.fetch(_INDEXES, table)]
    for each in found:
        if each["conname"]:
            sql = f'ALTER TABLE {each["of"]} DROP CONSTRAINT "{each["conname"]}"'
        else:
            sql = f"DROP INDEX {each['name']}"
        await connection.execute(sql)
    yield
    for each in found:
        constraint = f'ALTER TABLE {each["of"]} ADD CONSTRAINT "{each["conname"]}"'
        sql = f"{constraint} {each['constraint']}" if each["conname"] else each["index"]
        await _say(connection, sql)


async def _write_history(url: str, subscriptions: int) -> None:
    """Change by change, as it would have been written; ids of one change follow another's."""
    writers = [await asyncpg.connect(url) for _ in range(_WRITERS)]
    share = -(-subscriptions // _WRITERS)
    try:
        for writer in writers:
            await writer.execute(_IN_BULK[0])
        for change in range(1, CHANGES + 1):
            print(f"filling: change {change} of {CHANGES:<48}", end="\r", file=sys.stderr)
            parts = [
                (place * share + 1, min(subscriptions, (place + 1) * share))
                for place in range(_WRITERS)
            ]
            await asyncio.gather(
                *(
                    writer.execute(_STATES, first, last, change, subscriptions)
                    for writer, (first, last) in zip(writers, parts, strict=True)
                )
            )
        sequence = "SELECT setval(pg_get_serial_sequence('recurring_state', 'id'), $1)"
        await writers[0].execute(sequence, subscriptions * CHANGES)
    finally:
        for writer in writers:
            await writer.close()
