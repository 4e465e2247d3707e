"""The database of the tests, which its owner empties before each of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

_IF_FILLED = "SELECT 'DELETE FROM {0}' WHERE EXISTS (TABLE {0})"
_IF_USED = "SELECT 'ALTER SEQUENCE {0} RESTART' FROM {0} WHERE is_called"
_ROWS = """
    SELECT 'INSERT INTO {0} ({1}) OVERRIDING SYSTEM VALUE SELECT {1} FROM'
        ' json_populate_recordset(NULL::{0}, ' || quote_literal(json_agg(t)) || ')'
    FROM {0} t HAVING count(*) > 0
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
    sequences: tuple[str, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(self.columns)

    async def empty(self) -> None:
        """Deletes rows and restarts sequences; tables that are empty already are not touched."""
        statements = await self._select(_IF_FILLED, self.tables)
        statements += await self._select(_IF_USED, self.sequences)
        if statements:
            await self.connection.execute("; ".join(statements))

    async def is_empty(self) -> bool:
        return not await self._select(_IF_FILLED, self.tables)

    async def dump(self) -> str:
        """Statements that insert the current rows into the empty database."""
        rows = await self._select(_ROWS, tuple(self.columns))
        return "; ".join(rows + await self._select(_POSITION, self.sequences))

    async def load(self, dumped: str) -> None:
        if dumped:
            await self.connection.execute(dumped)

    async def _select(self, template: str, names: tuple[str, ...]) -> list[str]:
        parts = [template.format(name, self.columns.get(name)) for name in names]
        return [text for (text,) in await self.connection.fetch(" UNION ALL ".join(parts))]


@asynccontextmanager
async def open_owned(url: str) -> AsyncIterator[OwnedDatabase]:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        columns = await connection.fetch(_COLUMNS)
        sequences = await connection.fetch(
            "SELECT format('%I', sequencename) FROM pg_sequences WHERE schemaname = 'public'"
            " AND sequencename NOT LIKE 'migration%'"
        )
        names = tuple(name for (name,) in sequences)
        yield OwnedDatabase(connection, dict(map(tuple, columns)), names)
    finally:
        await connection.close()


async def empty_database(url: str) -> None:
    """For callers without an open connection."""
    async with open_owned(url) as database:
        await database.empty()
