"""Calls of the API, as administrators may read them."""

from chenu.core.plain_tables import PlainTable

PLAIN_TABLES: tuple[PlainTable, ...] = (
    PlainTable(
        "api_usage",
        ("id", "account", "day", "served", "refused", "created_at"),
    ),
)
