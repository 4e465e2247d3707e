"""The key of an entry of tokens in its month, beside all work; checks what the entries promised."""

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-30T02:01:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "keys of entries of tokens by month"

STATEMENTS = (
    "DROP INDEX CONCURRENTLY IF EXISTS token_entry_month_key",
    "CREATE UNIQUE INDEX CONCURRENTLY token_entry_month_key ON token_entry (id, ledger_transaction_id)",
    "ALTER TABLE token_entry VALIDATE CONSTRAINT token_entry_before",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(
        migration_id=ID, app_name="chenu", description=DESCRIPTION, wrap_in_transaction=False
    )

    async def run() -> None:
        engine: Any = engine_finder()
        for statement in STATEMENTS:
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
