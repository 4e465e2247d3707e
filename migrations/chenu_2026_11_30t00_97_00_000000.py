"""Each event of Stripe's is written with its id beside it, and promises in which months it is."""

from pathlib import Path

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-30T00:97:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Stripe's events have their ids beside them"

SQL = Path(__file__).parent / "sql"
FILES = ("stripe_event_keys",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chenu", description=DESCRIPTION)

    async def run() -> None:
        engine: Any = engine_finder()
        connection = engine.current_transaction.get().connection
        for name in FILES:  # many statements each, which Piccolo's own raw() does not take
            await connection.execute((SQL / f"{name}.sql").read_text())

    manager.add_raw(run)
    return manager
