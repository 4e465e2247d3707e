"""Checks what clicks and usage promised and makes the keys of their months, beside all work."""

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-30T00:67:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "clicks and usage can be split by month"

STATEMENTS = (
    "ALTER TABLE affiliate_click VALIDATE CONSTRAINT affiliate_click_before",
    "ALTER TABLE api_usage VALIDATE CONSTRAINT api_usage_before",
    "DROP INDEX CONCURRENTLY IF EXISTS affiliate_click_month_key",
    "CREATE UNIQUE INDEX CONCURRENTLY affiliate_click_month_key"
    " ON affiliate_click (id, clicked_at)",
    "DROP INDEX CONCURRENTLY IF EXISTS api_usage_month_key",
    "CREATE UNIQUE INDEX CONCURRENTLY api_usage_month_key ON api_usage (id, day)",
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
