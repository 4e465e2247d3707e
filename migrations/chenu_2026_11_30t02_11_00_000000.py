"""An index of words, options and ranges for each range of installs; those that it makes needless go."""

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-30T02:11:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "agents by words, options and ranges"

FOUND_BY = """
    search_fr, search_en,
    agent_options(kind, level, sphere, price_type, language, translations, capabilities),
    agent_ranges(price, rating_sum, review_count)
"""
INSTALLS = {
    "agent_found_10000": "installs >= 10000",
    "agent_found_1000": "installs >= 1000 AND installs < 10000",
    "agent_found_100": "installs >= 100 AND installs < 1000",
    "agent_found_10": "installs >= 10 AND installs < 100",
    "agent_found_3": "installs >= 3 AND installs < 10",
    "agent_found_0": "installs < 3",
}
NEEDLESS = (
    *("agent_words_10000", "agent_words_1000", "agent_words_100", "agent_words_10"),
    *("agent_counted", "agent_capabilities", "agent_search_fr", "agent_search_en"),
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(
        migration_id=ID, app_name="chenu", description=DESCRIPTION, wrap_in_transaction=False
    )

    async def run() -> None:
        engine: Any = engine_finder()
        for name, installs in INSTALLS.items():
            await engine.run_ddl(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            await engine.run_ddl(
                f"CREATE INDEX CONCURRENTLY {name} ON agent USING gin ({FOUND_BY})"
                f" WHERE status = 'PUBLISHED' AND {installs}"
            )
        for name in NEEDLESS:
            await engine.run_ddl(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")

    manager.add_raw(run)
    return manager
