"""A store of 1,000,000 agents: nine more of each of 100,000, with their own dates and installs, and
nine more of each creator.

Their texts are equal, so that each word is as frequent among them, and are indexed as they are: the
columns that PostgreSQL would work out anew, for an hour, are made plain columns first.
"""

import sys
from typing import Any

import asyncpg

from bench.stand import LIBRARY, Stand

MILLION = "million"
_TIMES = 9
_OWN = {
    "id": "gen_random_uuid()",
    "slug": "a.slug || '-' || n",
    "installs": "least(2000000000, floor(power(1 - random(), -1 / 0.8)))::int",
    "published_at": "a.published_at + make_interval(secs => n * 37 + floor(random() * 30))",
}
_CREATORS = {
    **{name: f"md5(a.{name}::text || n)::uuid" for name in ("id", "owner", "account")},
    "handle": "a.handle || '-' || n",
}
_OWN |= {name: f"md5(a.{name}::text || n)::uuid" for name in ("creator", "account")}
"""Accounts that are not there: nothing that is measured asks for them."""
_COLUMNS = """
    SELECT attname, attgenerated <> '' AS is_generated FROM pg_attribute
    WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_INDEXES = """
    SELECT indexname AS name, indexdef AS made FROM pg_indexes
    WHERE tablename = 'agent' AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""
_NOT_ASKED = "agent_prose_trgm"
"""Near-copies are looked for by staff only, and its index would take longer than all others."""


async def make_million(stand: Stand) -> str:
    """The database's URL; some minutes of filling the first time, and 4 GB."""
    url = stand.database(MILLION)
    connection = await asyncpg.connect(f"{stand.postgres_url}/postgres")
    sql = "SELECT 1 FROM pg_database WHERE datname = $1"
    is_there = await connection.fetchval(sql, MILLION)
    if not is_there:
        print("filling a database with 1,000,000 agents", file=sys.stderr)
        draft = f"{MILLION}_draft"
        await connection.execute(f"DROP DATABASE IF EXISTS {draft}")
        await connection.execute(f"CREATE DATABASE {draft} TEMPLATE {LIBRARY}")
        await _multiply(stand.database(draft))
        await connection.execute(f"ALTER DATABASE {draft} RENAME TO {MILLION}")
    await connection.close()
    return url


async def _multiply(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("SET maintenance_work_mem = '1GB'; SELECT setseed(0.5)")
    indexes = await connection.fetch(_INDEXES)
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    await _insert(connection, "creator", _CREATORS)
    await _insert(connection, "agent", _OWN)
    for index in indexes:
        if index["name"] != _NOT_ASKED:
            await connection.execute(index["made"])
    await connection.execute("VACUUM ANALYZE agent, creator")
    await connection.close()


async def _insert(connection: Any, table: str, own: dict[str, str]) -> None:
    columns = await connection.fetch(_COLUMNS, table)
    for column in columns:
        if column["is_generated"]:
            sql = f"ALTER TABLE {table} ALTER {column['attname']} DROP EXPRESSION"
            await connection.execute(sql)
    names = [column["attname"] for column in columns]
    values = ", ".join(own.get(name, f"a.{name}") for name in names)
    await connection.execute(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {values}"  # noqa: S608 - the catalogue's own
        f" FROM {table} a, generate_series(1, {_TIMES}) n"
    )
