"""The marketplace, as administrators may read it."""

from chenu.core.plain_tables import PlainTable

PLAIN_TABLES: tuple[PlainTable, ...] = (
    PlainTable(
        "creator",
        ("id", "owner", "account", "handle", "payouts_ready", "created_at"),
    ),
    PlainTable(
        "agent",
        (
            *("id", "slug", "kind", "status", "creator", "account", "language", "level"),
            *("sphere", "price_type", "price", "price_version", "stripe_price_id"),
            *("price_fetch_number", "seconds_saved", "current_version", "platform_rank"),
            *("installs", "rating_sum", "review_count", "submitted_at", "published_at"),
            *("created_at", "updated_at"),
        ),
    ),
    PlainTable(
        "agent_version",
        ("id", "agent", "number", "status", "created_at"),
    ),
    PlainTable(
        "featured_agent",
        ("id", "agent", "place", "starts_at", "ends_at", "created_at"),
    ),
    PlainTable(
        "purchase",
        (
            *("id", "account", "buyer", "agent", "creator", "price_type", "price"),
            *("status", "creator_basis_points", "split_rule", "consent_version"),
            *("consent_at", "checkout_session_id", "stripe_subscription_id"),
            *("failure_code", "created_at", "updated_at", "paid_at"),
        ),
    ),
    PlainTable(
        "purchase_payment",
        (
            *("id", "purchase", "account_id", "creator", "stripe_payment_intent_id"),
            *("stripe_charge_id", "stripe_invoice_id", "gross", "discount", "tax"),
            *("creator_share", "platform_share", "fee", "creator_basis_points"),
            *("split_rule", "refunded", "disputed", "transferred", "share_due"),
            *("share_claimed", "stripe_transfer_id", "paid_at"),
        ),
    ),
    PlainTable(
        "purchase_refund",
        (
            *("id", "payment", "purchase", "account", "amount", "origin", "state"),
            *("requested_by", "stripe_refund_id", "created_at", "settled_at"),
        ),
    ),
    PlainTable(
        "access_grant",
        (
            *("id", "account", "agent", "purchase", "version", "source", "starts_at"),
            *("ends_at", "first_used_at", "revoked_at"),
        ),
    ),
    PlainTable(
        "agent_run_summary",
        (
            *("id", "agent", "runs", "successes", "accounts", "median_tokens", "is_due"),
            *("computed_at",),
        ),
    ),
)
