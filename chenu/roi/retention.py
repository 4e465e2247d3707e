"""How long an account's own numbers are stored, and who has looked at the dashboard."""

from datetime import timedelta

from chenu.core.clock import business_now
from chenu.core.retention import Forever, Retention

RETENTIONS: tuple[Retention | Forever, ...] = (
    Forever("roi_setting", "at most one an account; deleted with the person"),
    Retention(
        "roi_view",
        timedelta(days=800),
        "seen_at",
        "who opened the dashboard in a month: what the share of two years of months is made of",
        clock=business_now,
    ),
)
