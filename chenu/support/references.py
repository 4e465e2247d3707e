"""Whose a text about the support desk's work is."""

from chenu.core.references import Reference, by_id

REFERENCES: tuple[Reference, ...] = (
    by_id("support_request", "SELECT account AS id FROM support_request WHERE id = $1"),
    by_id("withdrawal", "SELECT account AS id FROM withdrawal_statement WHERE id = $1"),
)
