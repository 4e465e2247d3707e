"""Our copies of what Stripe has, coupons and contracts, as administrators may read them."""

from chenu.core.plain_tables import KeyType, PlainTable

PLAIN_TABLES: tuple[PlainTable, ...] = (
    PlainTable(
        "subscription",
        (
            *("id", "account", "kind", "item", "billing_interval", "status"),
            *("gives_access", "price", "stripe_subscription_id", "period_start"),
            *("period_end", "trial_ends_at", "cancel_at_period_end", "canceled_at"),
            *("ended_at", "discount_code", "discount_percent", "discount_amount"),
            *("discount_ends_at", "scheduled_item", "scheduled_interval", "scheduled_at"),
            *("pending_item", "pending_interval", "pending_expires_at", "refusal_code"),
            *("fetch_number", "created_at"),
        ),
    ),
    PlainTable(
        "subscription_order",
        (
            *("id", "account", "buyer", "kind", "item", "billing_interval", "price"),
            *("trial_days", "starts_now", "status", "checkout_session_id"),
            *("stripe_subscription_id", "failure_code", "created_at", "updated_at"),
        ),
    ),
    PlainTable(
        "invoice",
        (
            *("id", "account", "stripe_invoice_id", "stripe_subscription_id", "purchase"),
            *("number", "status", "billing_reason", "subtotal", "discount", "tax", "total"),
            *("amount_paid", "period_start", "period_end", "issued_at", "paid_at"),
            *("mailed_at", "fetch_number", "created_at"),
        ),
    ),
    PlainTable(
        "invoice_payment",
        (
            *("id", "invoice", "account", "stripe_payment_intent_id", "stripe_charge_id"),
            *("gross", "discount", "tax", "fee", "paid_at"),
        ),
    ),
    PlainTable(
        "invoice_refund",
        (
            *("id", "payment", "invoice", "account", "stripe_refund_id", "amount", "tax"),
            *("refunded_at", "failed_at"),
        ),
    ),
    PlainTable(
        "credit_note",
        (
            *("id", "invoice", "account", "stripe_id", "number", "status", "total"),
            *("fetch_number", "created_at"),
        ),
    ),
    PlainTable(
        "dispute",
        (
            *("id", "account", "subject", "payment", "purchase", "creator"),
            *("stripe_dispute_id", "stripe_charge_id", "amount", "reason", "status"),
            *("is_refundable", "due_by", "withdrawn", "is_taken", "taken", "fetch_number"),
            *("created_at", "closed_at"),
        ),
    ),
    PlainTable(
        "fraud_warning",
        (
            *("id", "account", "subject", "payment", "purchase", "stripe_id"),
            *("stripe_charge_id", "amount", "fraud_type", "is_actionable", "state"),
            *("created_at", "decided_at"),
        ),
    ),
    PlainTable(
        "connect_account",
        (
            *("id", "owner", "stripe_account_id", "country", "transfers_status"),
            *("is_closed", "fetch_number"),
        ),
    ),
    PlainTable(
        "coupon",
        (
            *("id", "code", "percent_off", "amount_off", "duration", "duration_in_months"),
            *("starts_at", "redeem_by", "max_redemptions", "max_redemptions_per_customer"),
            *("uses", "tiers", "intervals", "active", "is_at_stripe", "created_by"),
            *("created_at", "deactivated_at"),
        ),
    ),
    PlainTable(
        "coupon_redemption",
        (
            *("id", "coupon", "account", "subscription_order", "status"),
            *("stripe_subscription_id", "created_at", "updated_at"),
        ),
    ),
    PlainTable(
        "enterprise_contract",
        (
            *("id", "account", "amount", "billing_interval", "seats", "api_calls"),
            *("api_rate", "starts_at", "ends_at", "status", "due_at", "entered_by"),
            *("created_at", "ended_at"),
        ),
    ),
    PlainTable(
        "trial_reminder",
        ("id", "subscription", "due_at", "attempts", "next_attempt_at", "done_at"),
    ),
    PlainTable(
        "event_cursor",
        ("stream", "read_until", "missed_seconds"),
        KeyType.TEXT,
    ),
)
