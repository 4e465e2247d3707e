"""How long exports and deletions are stored."""

from datetime import timedelta

from chenu.core.retention import Forever, Retention

RETENTIONS: tuple[Retention | Forever, ...] = (
    Retention(
        "data_export_chunk",
        timedelta(0),
        "expires_at",
        "an archive can be fetched for seven days, and no longer lies about",
    ),
    Retention(
        "data_export",
        timedelta(days=90),
        "expires_at",
        "when somebody asked for their data, for questions about it",
    ),
    Forever(
        "person_deletion",
        "who was deleted, as an id alone: a backup that is restored has to be followed by it",
    ),
)
