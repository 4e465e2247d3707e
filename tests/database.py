"""The database of the tests, which its owner empties before each of them."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

_IF_FILLED = "SELECT '{0}' WHERE EXISTS (TABLE {0})"
_IF_USED = "SELECT 'setval(''{0}'', {1}, false)' FROM {0} WHERE is_called"
_ROWS = "SELECT '{0}', to_json(t)::text FROM {0} t"
_INSERT = """
    INSERT INTO {0} ({1}) OVERRIDING SYSTEM VALUE
    SELECT {1} FROM json_populate_recordset(NULL::{0}, '[{2}]')
"""
_POSITION = "SELECT format('SELECT setval(%L, %s)', '{0}', last_value) FROM {0} WHERE is_called"
_COLUMNS = """
    SELECT format('%I', table_name), string_agg(format('%I', column_name), ', ')
    FROM information_schema.columns JOIN pg_tables ON tablename = table_name
    WHERE table_schema = 'public' AND schemaname = 'public' AND is_generated = 'NEVER'
        AND table_name <> 'migration'
    GROUP BY 1
"""


@dataclass(frozen=True)
class OwnedDatabase:
    """A connection on which foreign keys and append-only triggers are off.

    It stays open, because a new one loads PostgreSQL's catalogue again, which takes longer than all
    deletions.
    """

    connection: "asyncpg.Connection"
    columns: dict[str, str]
    """By table, except the list of migrations: the columns that are not generated."""
    sequences: dict[str, int]
    """Where each begins."""

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(self.columns)

    async def empty(self) -> None:
        """Deletes rows and sets sequences back; what is empty already is not touched.

        ALTER SEQUENCE RESTART would make a new file of each and let every session forget its plans.
        """
        statements = [f"DELETE FROM {name}" for name in await self._list_filled()]  # noqa: S608 - names of ours
        used = [_IF_USED.format(name, start) for name, start in self.sequences.items()]
        if calls := await self._select(used):
            statements.append(f"SELECT {', '.join(calls)}")
        if statements:
            await self.connection.execute("; ".join(statements))

    async def is_empty(self) -> bool:
        return not await self._list_filled()

    async def dump(self) -> str:
        """Statements that insert the current rows into the empty database."""
        rows: dict[str, list[str]] = {name: [] for name in await self._list_filled()}
        for name, row in await self._fetch([_ROWS.format(name) for name in rows]):
            rows[name].append(row.replace("'", "''"))
        inserted = [
            _INSERT.format(name, self.columns[name], ",".join(texts))
            for name, texts in rows.items()
        ]
        return "; ".join(inserted + await self._select(map(_POSITION.format, self.sequences)))

    async def load(self, dumped: str) -> None:
        if dumped:
            await self.connection.execute(dumped)

    async def _list_filled(self) -> list[str]:
        return await self._select(map(_IF_FILLED.format, self.columns))

    async def _select(self, parts: Iterable[str]) -> list[str]:
        return [text for (text,) in await self._fetch(parts)]

    async def _fetch(self, parts: Iterable[str]) -> "Sequence[asyncpg.Record]":
        sql = " UNION ALL ".join(parts)
        return await self.connection.fetch(sql) if sql else []


@asynccontextmanager
async def open_owned(url: str) -> AsyncIterator[OwnedDatabase]:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        columns = await connection.fetch(_COLUMNS)
        sequences = await connection.fetch(
            "SELECT format('%I', sequencename), start_value FROM pg_sequences"
            " WHERE schemaname = 'public' AND sequencename NOT LIKE 'migration%'"
        )
        yield OwnedDatabase(connection, dict(map(tuple, columns)), dict(map(tuple, sequences)))
    finally:
        await connection.close()


async def empty_database(url: str) -> None:
    """For callers without an open connection."""
    async with open_owned(url) as database:
        await database.empty()
