"""Words of the search index by rules of our own: migrations/sql/search.sql."""

from pathlib import Path
from uuid import UUID

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from chenu.core import db

ID = "2026-11-28T12:17:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "names and versions in search"

SQL = Path(__file__).parent / "sql"

# Writing a row makes its generated columns anew. Few at a time: sales wait for these rows.
_WRITE_ANEW = """
    WITH next AS (SELECT id FROM agent WHERE id > $1 ORDER BY id LIMIT 500),
    written AS (UPDATE agent a SET name = a.name FROM next WHERE a.id = next.id)
    SELECT id FROM next ORDER BY id DESC LIMIT 1
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(
        migration_id=ID, app_name="chenu", description=DESCRIPTION, wrap_in_transaction=False
    )

    async def run() -> None:
        async with db.connection() as connection:
            await connection.execute((SQL / "search.sql").read_text())
            last = UUID(int=0)
            while last is not None:
                last = await connection.fetchval(_WRITE_ANEW, last)

    manager.add_raw(run)
    return manager
