"""Samples' sums and what was said of outages, as administrators may read them."""

from chenu.core.plain_tables import PlainTable

PLAIN_TABLES: tuple[PlainTable, ...] = (
    PlainTable("web_process", ("id", "url", "started_at", "seen_at")),
    PlainTable("maintenance", ("id", "starts_at", "ends_at", "announced_at", "canceled_at")),
    PlainTable("incident", ("id", "began_at", "resolved_at", "created_at")),
)
