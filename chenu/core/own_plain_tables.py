"""What belongs to no feature, as administrators may read it."""

from chenu.core.plain_tables import KeyType, PlainTable

PLAIN_TABLES: tuple[PlainTable, ...] = (
    PlainTable(
        "scheduled_task",
        (
            *("name", "due_at", "failures", "last_error", "next_attempt_at"),
            *("last_started_at", "last_finished_at", "claimed_until"),
        ),
        KeyType.TEXT,
    ),
    PlainTable(
        "business_clock",
        ("id", "offset_seconds"),
        KeyType.NUMBER,
    ),
)
