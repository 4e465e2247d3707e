"""Before entries of tokens are split: what there is promises its month, and functions hand entries on
as a type of their own.
"""

from pathlib import Path

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-30T02:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the months of tokens are prepared"

SQL = Path(__file__).parent / "sql"
FILES = ("token_months_prepared",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chenu", description=DESCRIPTION)

    async def run() -> None:
        engine: Any = engine_finder()
        connection = engine.current_transaction.get().connection
        for name in FILES:  # many statements each, which Piccolo's own raw() does not take
            await connection.execute((SQL / f"{name}.sql").read_text())

    manager.add_raw(run)
    return manager
