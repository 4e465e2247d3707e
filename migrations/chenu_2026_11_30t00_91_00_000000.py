"""Postings write their key first, before the table is split whose constraint they named: one that
waits while it is split goes on as it began.
"""

from pathlib import Path

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-30T00:91:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "postings by their keys"

SQL = Path(__file__).parent / "sql"
FILES = ("postings_by_key",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chenu", description=DESCRIPTION)

    async def run() -> None:
        engine: Any = engine_finder()
        connection = engine.current_transaction.get().connection
        for name in FILES:  # many statements each, which Piccolo's own raw() does not take
            await connection.execute((SQL / f"{name}.sql").read_text())

    manager.add_raw(run)
    return manager
