"""Movements of MRR, as administrators may read them."""

from chenu.core.plain_tables import PlainTable

PLAIN_TABLES: tuple[PlainTable, ...] = (
    PlainTable(
        "mrr_movement",
        (
            *("id", "account", "state", "source", "source_kind", "kind", "mrr_before"),
            *("mrr_after", "gross_before", "gross_after", "cohort", "moved_at"),
        ),
    ),
)
