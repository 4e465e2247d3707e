"""Indexes of the store: by rating, as there are by all other orders, and of options with words."""

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-30T00:87:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "agents by rating, and by options"

DROP_RATED = "DROP INDEX CONCURRENTLY IF EXISTS agent_best_rated"
RATED = """
    CREATE INDEX CONCURRENTLY agent_best_rated ON agent ((
        CASE WHEN review_count > 0 THEN rating_sum * 1000 / review_count ELSE 0 END
    ) DESC, id DESC) WHERE status = 'PUBLISHED'
"""
DROP_COUNTED = "DROP INDEX CONCURRENTLY IF EXISTS agent_counted"
COUNTED = """
    CREATE INDEX CONCURRENTLY agent_counted ON agent USING gin (search_fr, search_en,
        agent_options(kind, level, sphere, price_type, language, translations, capabilities)
    ) WHERE status = 'PUBLISHED'
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(
        migration_id=ID, app_name="chenu", description=DESCRIPTION, wrap_in_transaction=False
    )

    async def run() -> None:
        engine: Any = engine_finder()
        for statement in (DROP_RATED, RATED, DROP_COUNTED, COUNTED):
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
