"""Rules of entitlements that tables cannot say."""

from pathlib import Path

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-28T13:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "database rules of entitlements"

SQL = Path(__file__).parent / "sql" / "entitlements.sql"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chenu", description=DESCRIPTION)

    async def run() -> None:
        engine: Any = engine_finder()
        await engine.current_transaction.get().connection.execute(SQL.read_text())

    manager.add_raw(run)
    return manager
