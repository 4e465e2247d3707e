"""How long our copies of Stripe's data are stored."""

from datetime import timedelta

from chenu.core.clock import business_now
from chenu.core.retention import PEOPLE, Forever, Retention

RETENTIONS: tuple[Retention | Forever, ...] = (
    Retention(
        "webhook_event",
        timedelta(days=90),
        "received_at",
        "an event that comes again is known: Stripe delivers for 3 days and lists for 30",
        only="state <> 'RECEIVED'",
    ),
    Retention(
        "subscription_order",
        timedelta(days=400),
        "updated_at",
        "a request to subscribe that came to nothing",
        only="status IN ('CANCELED', 'FAILED')",
    ),
    Retention(
        "trial_reminder",
        timedelta(days=30),
        "due_at",
        "when the end of a trial was announced, which is over by then",
        clock=business_now,
    ),
    Forever("subscription", "what an account paid for, and when"),
    Forever("trial_use", "one trial a person, for ever: a hash, which outlives the person's data"),
    Forever("trial_card", "one trial a card, for ever: a hash, which outlives the person's data"),
    Forever("invoice", "documents of payments are stored for as long as the books"),
    Forever("invoice_payment", "money: append-only"),
    Forever("enterprise_contract", "what an account agreed to, and when"),
    Forever("connect_account", PEOPLE),
    Forever("event_cursor", "a row for each of Stripe's lists of events"),
)
