"""Splits Stripe's events by month, in a moment: what there was becomes the first month.

The table has a new name, and the old one is a view of the first month, to which older code goes on
to write: on the split table its `ON CONFLICT (id)` would have no index.
"""

from pathlib import Path

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-30T00:99:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Stripe's events by month"

SQL = Path(__file__).parent / "sql"
FILES = ("stripe_events",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chenu", description=DESCRIPTION)
    manager.rename_table(
        old_class_name="WebhookEvent",
        old_tablename="webhook_event",
        new_class_name="StripeEvent",
        new_tablename="stripe_event",
    )

    async def run() -> None:
        engine: Any = engine_finder()
        connection = engine.current_transaction.get().connection
        for name in FILES:  # many statements each, which Piccolo's own raw() does not take
            await connection.execute((SQL / f"{name}.sql").read_text())
        manager.rename_tables.clear()  # done here; Piccolo has no view under the old name

    manager.add_raw(run)
    return manager
