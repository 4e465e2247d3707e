"""Accounts' own numbers, as administrators may read them."""

from chenu.core.plain_tables import PlainTable

PLAIN_TABLES: tuple[PlainTable, ...] = (
    PlainTable(
        "roi_setting",
        ("id", "account", "hourly_rate", "seconds_per_run", "updated_at"),
    ),
)
