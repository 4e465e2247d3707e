"""Tokens, as administrators may read them."""

from chenu.core.plain_tables import PlainTable

PLAIN_TABLES: tuple[PlainTable, ...] = (
    PlainTable(
        "pack_order",
        (
            *("id", "account", "buyer", "pack", "base_tokens", "bonus_tokens", "price"),
            *("status", "checkout_session_id", "failure_code", "payment", "paid_at"),
            *("created_at", "updated_at"),
        ),
    ),
    PlainTable(
        "pack_refund",
        (
            *("id", "pack_order", "refund_request", "stripe_refund_id", "dispute"),
            *("amount", "base_tokens", "bonus_tokens", "debt_tokens", "created_at"),
            *("restored_at",),
        ),
    ),
    PlainTable(
        "token_grant",
        (
            *("id", "account", "kind", "agent", "is_paid", "granted", "remaining", "held"),
            *("debt", "spent", "is_open", "expires_at", "source_id", "created_at"),
        ),
    ),
    PlainTable(
        "token_budget_period",
        (
            *("id", "account", "source", "starts_at", "ends_at", "monthly", "granted"),
            *("carried", "unspent", "resumed", "unpaid_share", "withheld", "changes"),
            *("warned", "ended_at", "created_at"),
        ),
    ),
    PlainTable(
        "token_limit",
        (
            *("id", "account", "agent_id", "api_key", "soft_limit", "hard_limit", "month"),
            *("used", "warned_month", "updated_at"),
        ),
    ),
)
