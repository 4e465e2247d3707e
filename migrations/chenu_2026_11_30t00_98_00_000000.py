"""Ids of the events that were there, day by day, and what splitting them needs: beside all work."""

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-30T00:98:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Stripe's events can be split by month"

DAYS = 100
KEYS = """
    INSERT INTO stripe_event_key (id, received_at) SELECT id, received_at FROM webhook_event
    WHERE {} ON CONFLICT (id) DO UPDATE SET received_at = excluded.received_at
        WHERE stripe_event_key.received_at <> excluded.received_at
"""
STATEMENTS = (
    "ALTER TABLE webhook_event VALIDATE CONSTRAINT stripe_event_before",
    "DROP INDEX CONCURRENTLY IF EXISTS stripe_event_month_key",
    "CREATE UNIQUE INDEX CONCURRENTLY stripe_event_month_key ON webhook_event (id, received_at)",
    "DROP INDEX CONCURRENTLY IF EXISTS webhook_event_once",
    "CREATE UNIQUE INDEX CONCURRENTLY webhook_event_once ON webhook_event (id)",
)


def list_days() -> list[str]:
    """The newest first: time goes on meanwhile, and so no moment is between two of them.

    An event that comes again meanwhile waits for the day that it is of, which is short; its id was
    written with the later time, where the day had not had its turn.
    """
    ages = [f"received_at >= now() - interval '{days} days'" for days in range(1, DAYS)]
    younger = [f"received_at < now() - interval '{days} days'" for days in range(1, DAYS)]
    between = [f"{first} AND {then}" for first, then in zip(younger, ages[1:])]
    return [ages[0], *between, younger[-1]]


async def forwards() -> MigrationManager:
    manager = MigrationManager(
        migration_id=ID, app_name="chenu", description=DESCRIPTION, wrap_in_transaction=False
    )

    async def run() -> None:
        engine: Any = engine_finder()
        for day in list_days():
            await engine.run_ddl(KEYS.format(day))
        for statement in STATEMENTS:
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
