"""Whose a text about tokens and their packs is."""

from chenu.core.references import Reference, at_stripe, by_id

REFERENCES: tuple[Reference, ...] = (
    by_id("pack_order", "SELECT account AS id FROM pack_order WHERE id = $1"),
    by_id(
        "refund",
        """
        SELECT o.account AS id FROM pack_refund r JOIN pack_order o ON o.id = r.pack_order
        WHERE r.id = $1
        """,
    ),
    by_id("token_grant", "SELECT account AS id FROM token_grant WHERE id = $1"),
    by_id("token_entry", "SELECT account_id AS id FROM token_entry WHERE id = $1"),
    by_id("token_limit", "SELECT account AS id FROM token_limit WHERE id = $1"),
    at_stripe(
        "pack_order", "cs_", "SELECT account AS id FROM pack_order WHERE checkout_session_id = $1"
    ),
    at_stripe(
        "refund",
        ("re_", "pyr_"),
        """
        SELECT o.account AS id FROM pack_refund r JOIN pack_order o ON o.id = r.pack_order
        WHERE r.stripe_refund_id = $1
        """,
    ),
)
