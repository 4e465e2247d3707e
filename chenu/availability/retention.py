"""How long samples are stored; their sums by day stay."""

from datetime import timedelta

from chenu.core.retention import Forever, Retention

RETENTIONS: tuple[Retention | Forever, ...] = (
    Retention(
        "availability_sample",
        timedelta(days=100),
        "at",
        "what the sums of a day are made of: longer than any is late, or a month is disputed",
    ),
    Retention(
        "web_process",
        timedelta(days=1),
        "seen_at",
        "one that was killed, and that nothing has come back in the place of",
    ),
    Forever("availability_day", "a row a day: what availability was, and credits follow from"),
    Forever("maintenance", "what was announced, and does not count: credits follow from it"),
    Forever("incident", "a row an outage that staff wrote about"),
    Forever("incident_update", "a few rows an incident"),
)
