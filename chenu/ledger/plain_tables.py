"""Operations and the books, as administrators may read them."""

from chenu.core.plain_tables import KeyType, PlainTable

PLAIN_TABLES: tuple[PlainTable, ...] = (
    PlainTable(
        "operation",
        (
            *("id", "kind", "subject_id", "account_id", "amount", "state", "stripe_id"),
            *("error_code", "attempts", "key_number", "next_check_at", "created_at"),
            *("settled_at",),
        ),
    ),
    PlainTable(
        "ledger_account",
        ("id", "kind", "owner_id", "asset", "balance"),
    ),
    PlainTable(
        "ledger_transaction",
        (
            *("id", "kind", "account_id", "subject_id", "operation_id", "business_at"),
            *("posted_at",),
        ),
        KeyType.NUMBER,
    ),
    PlainTable(
        "ledger_entry",
        ("id", "transaction_id", "ledger_account_id", "account_id", "amount"),
        KeyType.NUMBER,
    ),
    PlainTable(
        "ledger_finding",
        ("name", "description", "violations", "checked_at", "violated_since"),
        KeyType.TEXT,
    ),
)
