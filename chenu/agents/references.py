"""Whose a text about agents, their sales and their creators is."""

from chenu.core.references import Reference, at_stripe, by_id, by_text

REFERENCES: tuple[Reference, ...] = (
    by_id("creator", "SELECT account AS id FROM creator WHERE id = $1"),
    by_id("agent", "SELECT account AS id FROM agent WHERE id = $1"),
    by_id("purchase", "SELECT account AS id FROM purchase WHERE id = $1"),
    by_id("payment", "SELECT account_id AS id FROM purchase_payment WHERE id = $1"),
    by_id("refund", "SELECT account AS id FROM purchase_refund WHERE id = $1"),
    by_id("access", "SELECT account AS id FROM access_grant WHERE id = $1"),
    by_id("review", "SELECT account AS id FROM agent_review WHERE id = $1"),
    by_id("execution", "SELECT account AS id FROM execution WHERE id = $1"),
    by_id(
        "statement",
        """
        SELECT c.account AS id FROM self_billing_statement s JOIN creator c ON c.id = s.creator
        WHERE s.id = $1
        """,
    ),
    at_stripe(
        "purchase", "cs_", "SELECT account AS id FROM purchase WHERE checkout_session_id = $1"
    ),
    at_stripe(
        "purchase", "sub_", "SELECT account AS id FROM purchase WHERE stripe_subscription_id = $1"
    ),
    at_stripe(
        "payment",
        "pi_",
        "SELECT account_id AS id FROM purchase_payment WHERE stripe_payment_intent_id = $1",
    ),
    at_stripe(
        "payment",
        ("ch_", "py_"),
        "SELECT account_id AS id FROM purchase_payment WHERE stripe_charge_id = $1",
    ),
    at_stripe(
        "invoice",
        "in_",
        "SELECT account_id AS id FROM purchase_payment WHERE stripe_invoice_id = $1",
    ),
    at_stripe(
        "refund",
        ("re_", "pyr_"),
        "SELECT account AS id FROM purchase_refund WHERE stripe_refund_id = $1",
    ),
    at_stripe(
        "transfer",
        "tr_",
        """
        SELECT c.account AS id FROM purchase_payment p JOIN creator c ON c.id = p.creator
        WHERE p.stripe_transfer_id = $1
        """,
    ),
    by_text("creator", "SELECT account AS id FROM creator WHERE handle = lower($1)"),
    by_text(
        "statement",
        """
        SELECT c.account AS id FROM self_billing_statement s JOIN creator c ON c.id = s.creator
        WHERE s.number = upper($1)
        """,
    ),
)
