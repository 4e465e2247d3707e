"""Rules that tables cannot say, and the job queue's tables: migrations/sql."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from chenu.core import db

ID = "2026-11-22T19:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "database rules and job queue"

SQL = Path(__file__).parent / "sql"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chenu", description=DESCRIPTION)

    async def run() -> None:
        async with db.connection() as connection:
            for name in ("queue.sql", "rules.sql"):
                await connection.execute((SQL / name).read_text())

    manager.add_raw(run)
    return manager
