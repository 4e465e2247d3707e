"""Tokens are booked like money: their rows are never deleted."""

from chenu.core.retention import BOOKS, Forever

RETENTIONS: tuple[Forever, ...] = (
    Forever("token_grant", BOOKS),
    Forever("token_entry", BOOKS),
    Forever("token_hold", BOOKS),
)
