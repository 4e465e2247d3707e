"""One migration at a time: whole or not at all, and nobody waits behind it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.tables import Migration

from chenu.core import db, migration_run
from chenu.core.errors import Unavailable
from chenu.core.migration_run import run_migration
from chenu.flows.services import Services
from tests.conftest import Engines
from tests.faults.own_engines import own_pool

_ID = "2099-02-03T00:00:00:000000"
_ADD = "ALTER TABLE made_up ADD COLUMN more int"


@dataclass
class MadeUp:
    """Stands for a module in the folder of migrations."""

    statements: tuple[str, ...]
    is_whole: bool = True
    ID: str = _ID

    async def forwards(self) -> MigrationManager:
        manager = MigrationManager(_ID, "chenu", wrap_in_transaction=self.is_whole)

        async def run() -> None:
            for sql in self.statements:
                await db.ENGINE.run_ddl(sql)

        manager.add_raw(run)
        return manager


@pytest.fixture
async def owner(services: Services, engines: Engines) -> AsyncIterator[asyncpg.Connection]:
    """A connection beside the pool, which is the owner's meanwhile, and a table."""
    connection = await asyncpg.connect(engines.postgres_url)
    await connection.execute("CREATE TABLE made_up (id int)")
    async with own_pool():
        db.configure(engines.postgres_url, application="tests", role=None, is_patient=True)
        await db.start(pool_size=2)
        yield connection
        await db.stop()
    await connection.execute("DROP TABLE made_up")
    await connection.execute("DELETE FROM migration WHERE name = $1", _ID)
    await connection.close()


async def columns() -> list[str]:
    sql = """
        SELECT attname::text FROM pg_attribute
        WHERE attrelid = 'made_up'::regclass AND attnum > 0 ORDER BY attnum
    """
    return [record[0] for record in await db.fetch_records(sql)]


async def is_written_down() -> bool:
    return await Migration.exists().where(Migration.name == _ID)


async def test_a_migration_that_fails_leaves_nothing(owner: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await run_migration(MadeUp((_ADD, "ALTER TABLE nowhere ADD COLUMN a int")))
    assert (await columns(), await is_written_down()) == (["id"], False)

    await run_migration(MadeUp((_ADD,)))

    assert (await columns(), await is_written_down()) == (["id", "more"], True)


async def test_steps_outside_a_transaction_may_be_repeated(owner: asyncpg.Connection) -> None:
    steps = (
        "DROP INDEX CONCURRENTLY IF EXISTS made_up_ids",
        "CREATE INDEX CONCURRENTLY made_up_ids ON made_up (id)",
    )
    with pytest.raises(asyncpg.UndefinedTableError):
        await run_migration(MadeUp((*steps, "SELECT * FROM nowhere"), is_whole=False))
    assert not await is_written_down()

    await run_migration(MadeUp(steps, is_whole=False))

    assert await is_written_down()


async def test_a_table_that_is_never_free_is_given_up_in_words(
    owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration_run, "_LONGEST_SECONDS", -1.0)
    async with owner.transaction():
        await owner.execute("LOCK TABLE made_up IN ACCESS SHARE MODE")

        with pytest.raises(Unavailable, match=f"{_ID} was not applied: others held its tables"):
            await run_migration(MadeUp((_ADD,)))

        waiting = await owner.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")
    assert (waiting, await is_written_down()) == (0, False)
