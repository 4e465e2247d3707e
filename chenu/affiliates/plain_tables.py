"""The affiliate programme, as administrators may read it."""

from chenu.core.plain_tables import PlainTable

PLAIN_TABLES: tuple[PlainTable, ...] = (
    PlainTable(
        "affiliate",
        ("id", "member", "code", "status", "suspended_at", "joined_at"),
    ),
    PlainTable(
        "referral",
        (
            *("id", "affiliate", "account", "member", "origin", "state", "clicked_at"),
            *("bound_at",),
        ),
    ),
    PlainTable(
        "commission",
        (
            *("id", "affiliate", "referral", "account", "invoice", "kind", "paid", "total"),
            *("total_excluding_tax", "base", "basis_points", "amount", "status", "due_at"),
            *("held_at", "payout", "created_at"),
        ),
    ),
    PlainTable(
        "affiliate_payout",
        (
            *("id", "affiliate", "month", "amount", "status", "operation"),
            *("stripe_transfer_id", "failure_reason", "number", "created_at", "paid_at"),
        ),
    ),
)
