"""What openings of tokens are, and what adds up."""

from pathlib import Path

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-30T02:04:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "rules of months of tokens in files"

SQL = Path(__file__).parent / "sql"
FILES = ("token_archives",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chenu", description=DESCRIPTION)

    async def run() -> None:
        engine: Any = engine_finder()
        connection = engine.current_transaction.get().connection
        for name in FILES:  # many statements each, which Piccolo's own raw() does not take
            await connection.execute((SQL / f"{name}.sql").read_text())

    manager.add_raw(run)
    return manager
