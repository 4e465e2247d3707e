"""Splits usage by month, in a moment: what there was becomes the first month."""

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-30T00:69:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "usage by month"

SWAP = "SELECT swap_into_months('api_usage', 'day')"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chenu", description=DESCRIPTION)

    async def run() -> None:
        engine: Any = engine_finder()
        await engine.current_transaction.get().connection.execute(SWAP)

    manager.add_raw(run)
    return manager
