"""How long our copies of Stripe's data are stored."""

from datetime import timedelta

from chenu.core.clock import business_now
from chenu.core.retention import BOOKS, PEOPLE, Forever, Retention

EVENTS_STORED = timedelta(days=90)
EVENT_KEYS_STORED = EVENTS_STORED + timedelta(days=40)
"""Longer than an event, which is stored until all of its month is old enough."""

RETENTIONS: tuple[Retention | Forever, ...] = (
    Retention(
        "stripe_event",
        EVENTS_STORED,
        "received_at",
        "what came of it, for questions about it; staff have it handled again",
        only="state <> 'RECEIVED'",
        month="received_at",
    ),
    Retention(
        "stripe_event_key",
        EVENT_KEYS_STORED,
        "received_at",
        "an event that comes again is known: Stripe delivers for 3 days and lists for 30",
        only="NOT EXISTS (SELECT FROM stripe_event e WHERE e.id = stripe_event_key.id)",
    ),
    Retention(
        "subscription_order",
        timedelta(days=400),
        "updated_at",
        "a request to subscribe that came to nothing",
        only="status IN ('CANCELED', 'FAILED')",
    ),
    Retention(
        "coupon_redemption",
        timedelta(days=400),
        "updated_at",
        "a coupon whose payment page came to nothing; those that were redeemed stay",
        only="status = 'RELEASED'",
    ),
    Retention(
        "trial_reminder",
        timedelta(days=30),
        "due_at",
        "when the end of a trial was announced, which is over by then",
        clock=business_now,
    ),
    Forever("tier_reached", "at most four rows an account: how far customers ever came"),
    Forever("coupon", "what customers were promised, and who made it"),
    Forever("subscription", "what an account paid for, and when"),
    Forever("trial_use", "one trial a person, for ever: a hash, which outlives the person's data"),
    Forever("trial_card", "one trial a card, for ever: a hash, which outlives the person's data"),
    Forever("invoice", "documents of payments are stored for as long as the books"),
    Retention(
        "billing_document",
        timedelta(days=4018),
        "stored_at",
        "documents of payments: ten years from the end of the financial year (French commercial"
        " code, L123-22)",
        clock=business_now,
    ),
    Forever("invoice_payment", "money: append-only"),
    Forever(
        "invoice_refund_request", "who decided to return money, and why: for as long as the books"
    ),
    Forever("dispute", "money: who disputed what, and what was answered"),
    Forever("fraud_warning", "who decided about a warning, and why: for as long as the books"),
    Forever("invoice_refund", "money: append-only, but for a refund that fails"),
    Forever("credit_note", "documents of refunds are stored for as long as the books"),
    Forever("recurring_state", BOOKS),
    Forever("contract_credit", BOOKS),
    Forever("contract_credit_refusal", BOOKS),
    Forever("enterprise_contract", "what an account agreed to, and when"),
    Forever("connect_account", PEOPLE),
    Forever("event_cursor", "a row for each of Stripe's lists of events"),
)
