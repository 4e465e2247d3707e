"""Whose a text about plans, invoices and what came back is."""

from chenu.core.references import Gives, Reference, at_stripe, by_id, by_text

REFERENCES: tuple[Reference, ...] = (
    by_id("subscription", "SELECT account AS id FROM subscription WHERE id = $1"),
    by_id("subscription_order", "SELECT account AS id FROM subscription_order WHERE id = $1"),
    by_id("invoice", "SELECT account AS id FROM invoice WHERE id = $1"),
    by_id("payment", "SELECT account AS id FROM invoice_payment WHERE id = $1"),
    by_id("refund", "SELECT account AS id FROM invoice_refund WHERE id = $1"),
    by_id("refund", "SELECT account AS id FROM invoice_refund_request WHERE id = $1"),
    by_id("credit_note", "SELECT account AS id FROM credit_note WHERE id = $1"),
    by_id("dispute", "SELECT account AS id FROM dispute WHERE id = $1"),
    by_id("fraud_warning", "SELECT account AS id FROM fraud_warning WHERE id = $1"),
    by_id("contract", "SELECT account AS id FROM enterprise_contract WHERE id = $1"),
    by_id("coupon", "SELECT account AS id FROM coupon_redemption WHERE id = $1"),
    at_stripe(
        "subscription",
        "sub_",
        "SELECT account AS id FROM subscription WHERE stripe_subscription_id = $1",
    ),
    at_stripe(
        "subscription_order",
        "sub_",
        "SELECT account AS id FROM subscription_order WHERE stripe_subscription_id = $1",
    ),
    at_stripe(
        "subscription_order",
        "cs_",
        "SELECT account AS id FROM subscription_order WHERE checkout_session_id = $1",
    ),
    at_stripe("invoice", "in_", "SELECT account AS id FROM invoice WHERE stripe_invoice_id = $1"),
    at_stripe(
        "payment",
        "pi_",
        "SELECT account AS id FROM invoice_payment WHERE stripe_payment_intent_id = $1",
    ),
    at_stripe(
        "payment",
        ("ch_", "py_"),
        "SELECT account AS id FROM invoice_payment WHERE stripe_charge_id = $1",
    ),
    at_stripe(
        "refund",
        ("re_", "pyr_"),
        "SELECT account AS id FROM invoice_refund WHERE stripe_refund_id = $1",
    ),
    at_stripe("credit_note", "cn_", "SELECT account AS id FROM credit_note WHERE stripe_id = $1"),
    at_stripe(
        "dispute",
        ("du_", "dp_"),
        "SELECT account AS id FROM dispute WHERE stripe_dispute_id = $1",
    ),
    at_stripe(
        "fraud_warning", "issfr_", "SELECT account AS id FROM fraud_warning WHERE stripe_id = $1"
    ),
    at_stripe(
        "connect_account",
        "acct_",
        "SELECT owner AS id FROM connect_account WHERE stripe_account_id = $1",
        Gives.PERSON,
    ),
    by_text("invoice", "SELECT account AS id FROM invoice WHERE number = upper($1)"),
)
