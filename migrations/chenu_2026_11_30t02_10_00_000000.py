"""The ranges of an agent's price and rating, by which an index knows them."""

from pathlib import Path
from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-30T02:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the ranges of an agent"

SQL = Path(__file__).parent / "sql"
FILES = ("agent_ranges",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chenu", description=DESCRIPTION)

    async def run() -> None:
        engine: Any = engine_finder()
        connection = engine.current_transaction.get().connection
        for name in FILES:
            await connection.execute((SQL / f"{name}.sql").read_text())

    manager.add_raw(run)
    return manager
