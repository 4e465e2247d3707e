"""Ledger rows are never deleted."""

from chenu.core.retention import BOOKS, Forever

RETENTIONS: tuple[Forever, ...] = (
    Forever("operation", BOOKS),
    Forever("ledger_account", BOOKS),
    Forever("ledger_transaction", BOOKS),
    Forever("ledger_entry", BOOKS),
    Forever("ledger_seal", BOOKS),
    Forever("ledger_check", "one row: how far the hourly check has come"),
)
