"""Whose a call to Stripe is."""

from chenu.core.references import Reference, at_stripe, by_id

REFERENCES: tuple[Reference, ...] = (
    by_id("operation", "SELECT account_id AS id FROM operation WHERE id = $1"),
    at_stripe("operation", (), "SELECT account_id AS id FROM operation WHERE stripe_id = $1"),
)
