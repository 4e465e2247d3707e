"""How long calls of the API are stored."""

from datetime import timedelta

from chenu.core.clock import business_now
from chenu.core.retention import Forever, Retention

USAGE_STORED = timedelta(days=800)

RETENTIONS: tuple[Retention | Forever, ...] = (
    Retention(
        "api_usage",
        USAGE_STORED,
        "created_at",
        "calls by account and day: two years and the running month, which its owner is shown",
        clock=business_now,
        month="day",
    ),
)
