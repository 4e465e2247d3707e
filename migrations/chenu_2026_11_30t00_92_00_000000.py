"""Checks that each entry is of a transaction, beside all work: before entries are split."""

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-30T00:92:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "entries of split transactions"

CHECK = "ALTER TABLE ledger_entry VALIDATE CONSTRAINT ledger_entry_transaction"


async def forwards() -> MigrationManager:
    manager = MigrationManager(
        migration_id=ID, app_name="chenu", description=DESCRIPTION, wrap_in_transaction=False
    )

    async def run() -> None:
        engine: Any = engine_finder()
        await engine.run_ddl(CHECK)

    manager.add_raw(run)
    return manager
