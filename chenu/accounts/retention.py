"""How long rows about people are stored."""

from datetime import timedelta

from chenu.core.retention import PEOPLE, Forever, Retention

RETENTIONS: tuple[Retention | Forever, ...] = (
    Retention(
        "user_session",
        timedelta(days=30),
        "least(expires_at, coalesce(revoked_at, expires_at))",
        "where somebody was signed in, after it ended",
    ),
    Retention(
        "impersonation",
        timedelta(days=400),
        "expires_at",
        "when staff saw a customer's pages, for the customer; the audit trail stores it longer",
    ),
    Retention("mail_token", timedelta(days=30), "expires_at", "a link that works no more"),
    Retention(
        "invitation",
        timedelta(days=90),
        "expires_at",
        "who was asked into an account",
    ),
    Retention("attempt_window", timedelta(days=2), "started_at", "the longest window is a day"),
    Retention(
        "idempotency_record", timedelta(days=30), "created_at", "a client's retry comes in days"
    ),
    Retention(
        "entitlement_use", timedelta(days=31), "created_at", "longer than the keys that name it"
    ),
    Forever("audit_event", "append-only: who did what is evidence"),
    Forever("acceptance", "append-only: which words somebody agreed to is evidence"),
    Forever("app_user", PEOPLE),
    Forever("account", PEOPLE),
    Forever("billing_details", PEOPLE),
    Forever("membership", PEOPLE),
    Forever("staff_role", PEOPLE),
    Forever("second_factor", PEOPLE),
    Forever("recovery_code", "ten a person with a second factor"),
    Forever("api_key", PEOPLE),
    Forever("token_budget", "a row an account: when its budget is due"),
    Forever("entitlement_override", "at most one an account and feature"),
    Forever("entitlement_gauge", "at most one an account and feature"),
    Forever("service_key", "a few; the audit trail names them"),
)
