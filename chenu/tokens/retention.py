"""Tokens are booked like money: their rows are never deleted."""

from chenu.core.retention import BOOKS, Forever

RETENTIONS: tuple[Forever, ...] = (
    Forever("token_grant", BOOKS),
    Forever("token_entry", BOOKS),
    Forever("token_opening", BOOKS),
    Forever("token_hold", BOOKS),
    Forever("token_budget_period", "what was granted for which month, once: names its grants"),
    Forever("token_limit", "at most one for each agent and key that an account limits"),
)
