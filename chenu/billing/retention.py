"""How long our copies of Stripe's data are stored."""

from datetime import timedelta

from chenu.core.retention import PEOPLE, Forever, Retention

RETENTIONS: tuple[Retention | Forever, ...] = (
    Retention(
        "webhook_event",
        timedelta(days=90),
        "received_at",
        "an event that comes again is known: Stripe delivers for 3 days and lists for 30",
        only="state <> 'RECEIVED'",
    ),
    Forever("connect_account", PEOPLE),
    Forever("event_cursor", "a row for each of Stripe's lists of events"),
)
