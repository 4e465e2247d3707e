"""Accounts, seats and rights, as administrators may read them."""

from chenu.core.plain_tables import PlainTable

PLAIN_TABLES: tuple[PlainTable, ...] = (
    PlainTable(
        "account",
        (
            *("id", "kind", "owner", "tier", "period_start", "period_end"),
            *("period_is_trial", "seats", "api_plan", "api_calls", "api_rate"),
            *("stripe_customer_id", "created_at", "closed_at"),
        ),
    ),
    PlainTable(
        "membership",
        ("id", "account", "member", "role"),
    ),
    PlainTable(
        "staff_role",
        ("id", "member", "role"),
    ),
    PlainTable(
        "entitlement_override",
        (
            *("id", "account", "feature", "enabled", "maximum", "set_by", "set_at"),
            *("expires_at",),
        ),
    ),
    PlainTable(
        "entitlement_gauge",
        ("id", "account", "feature", "used"),
    ),
    PlainTable(
        "token_budget",
        (
            *("id", "account", "source", "anchor_at", "due_at", "attempts"),
            *("next_attempt_at",),
        ),
    ),
)
