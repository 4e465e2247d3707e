"""Copies the keys of what was booked before, beside all work, and checks what the books promised."""

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

from chenu.core import db

ID = "2026-11-30T00:90:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "keys of what was booked before"

BATCH = 20_000
LAST = "SELECT coalesce(max(id), 0) FROM ledger_transaction"
COPY = """
    INSERT INTO ledger_key (business_key, account_id, transaction_id)
    SELECT business_key, account_id, id FROM ledger_transaction
    WHERE id > $1 AND id <= $2 AND NOT starts_with(business_key, 'token:spend:')
    ON CONFLICT (business_key) DO NOTHING
"""
STATEMENTS = (
    "ALTER TABLE ledger_transaction VALIDATE CONSTRAINT ledger_transaction_before",
    "ALTER TABLE ledger_entry VALIDATE CONSTRAINT ledger_entry_before",
    "ALTER TABLE ledger_entry VALIDATE CONSTRAINT ledger_entry_month",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(
        migration_id=ID, app_name="chenu", description=DESCRIPTION, wrap_in_transaction=False
    )

    async def run() -> None:
        engine: Any = engine_finder()
        for start in range(0, await db.fetch_value(LAST), BATCH):
            await db.execute(COPY, start, start + BATCH)
        for statement in STATEMENTS:
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
