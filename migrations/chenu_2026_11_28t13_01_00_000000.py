"""Rules that tables cannot say, and the job queue's tables: one file a topic in migrations/sql."""

from pathlib import Path

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from chenu.core import db

ID = "2026-11-28T13:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "database rules and job queue"

SQL = Path(__file__).parent / "sql"
FILES = ("queue", "rights", "ledger", "operations", "people", "sales", "search", "agents")


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chenu", description=DESCRIPTION)

    async def run() -> None:
        async with db.connection() as connection:
            for name in FILES:
                await connection.execute((SQL / f"{name}.sql").read_text())

    manager.add_raw(run)
    return manager
