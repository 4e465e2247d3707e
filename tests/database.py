"""The database of the tests, emptied before each of them by its owner."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

_SELECT_IF_FILLED = "SELECT 'DELETE FROM {0}' WHERE EXISTS (TABLE {0})"
_SELECT_IF_USED = "SELECT 'ALTER SEQUENCE {0} RESTART' FROM {0} WHERE is_called"


@dataclass(frozen=True)
class OwnedDatabase:
    """A connection on which neither foreign keys nor append-only triggers run.

    Staying connected matters: a new one loads PostgreSQL's catalogue again, which takes longer
    than all deletions.
    """

    connection: "asyncpg.Connection"
    tables: tuple[str, ...]
    """All of them but the list of migrations."""
    sequences: tuple[str, ...]

    async def empty(self) -> None:
        """Rows go, sequences start again; what is empty already is not touched."""
        filled = [_SELECT_IF_FILLED.format(name) for name in self.tables]
        used = [_SELECT_IF_USED.format(name) for name in self.sequences]
        statements = await self.connection.fetch(" UNION ALL ".join(filled + used))
        if statements:
            await self.connection.execute("; ".join(statement for (statement,) in statements))


@asynccontextmanager
async def open_owned(url: str) -> AsyncIterator[OwnedDatabase]:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        tables = await connection.fetch(
            "SELECT format('%I', tablename) FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> 'migration'"
        )
        sequences = await connection.fetch(
            "SELECT format('%I', sequencename) FROM pg_sequences WHERE schemaname = 'public'"
            " AND sequencename NOT LIKE 'migration%'"
        )
        yield OwnedDatabase(
            connection,
            tuple(name for (name,) in tables),
            tuple(name for (name,) in sequences),
        )
    finally:
        await connection.close()


async def empty_database(url: str) -> None:
    """For whoever has no connection open."""
    async with open_owned(url) as database:
        await database.empty()
