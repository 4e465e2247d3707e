"""Ledger rows are never deleted; results of checks that no longer exist are."""

from datetime import timedelta

from chenu.core.retention import BOOKS, Forever, Retention

RETENTIONS: tuple[Retention | Forever, ...] = (
    Forever("operation", BOOKS),
    Forever("ledger_account", BOOKS),
    Forever("ledger_key", BOOKS),
    Forever("ledger_transaction", BOOKS),
    Forever("ledger_entry", BOOKS),
    Forever("ledger_seal", BOOKS),
    Forever("ledger_archive", BOOKS),
    Forever("ledger_opening", BOOKS),
    Forever("ledger_check", "one row: how far the hourly check has come"),
    Forever("restored_backup", "a row for each restored backup, which are few"),
    Retention(
        "ledger_finding",
        timedelta(days=30),
        "checked_at",
        "a row an invariant, renewed each hour; older ones are of checks that no longer exist",
    ),
)
