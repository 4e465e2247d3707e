"""Copies the keys of what was booked before, beside all work, and checks what the books promised."""

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-30T00:90:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "keys of what was booked before"

COPY = """
    DO $$
    DECLARE
        done bigint := 0;
        last bigint;
    BEGIN
        SELECT coalesce(max(id), 0) INTO last FROM ledger_transaction;
        WHILE done < last LOOP
            INSERT INTO ledger_key (business_key, account_id, transaction_id)
            SELECT business_key, account_id, id FROM ledger_transaction
            WHERE id > done AND id <= done + 20000 AND NOT starts_with(business_key, 'token:spend:')
            ON CONFLICT (business_key) DO NOTHING;
            COMMIT;
            done := done + 20000;
        END LOOP;
    END $$
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
        for statement in (COPY, *STATEMENTS):
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
