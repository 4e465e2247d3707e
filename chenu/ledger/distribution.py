"""The books are distributed by the account that each transaction and entry names."""

from chenu.core.distribution import (
    MACHINERY,
    NAMED,
    SEQUENCE,
    Distributed,
    Function,
    Local,
    Placement,
)

PLACEMENTS: tuple[Placement, ...] = (
    Distributed(
        "ledger_account",
        "owner_id",
        "a balance for each owner: wallets change with every spend",
        nulls="the platform's own, a dozen without a balance, become a reference table",
    ),
    Distributed(
        "ledger_transaction",
        "account_id",
        "each event of the books, under the account of the customer concerned",
        keys={"id": SEQUENCE},
    ),
    Distributed(
        "ledger_key",
        "account_id",
        "written with its transaction",
        keys={"business_key": NAMED},
    ),
    Distributed(
        "ledger_entry",
        "account_id",
        "the same account as its transaction",
        keys={"id": SEQUENCE},
        without={
            "ledger_account_id": "may be an account of the platform or of a creator, on another"
            " node; accounts are never deleted, and the hourly check joins them all",
        },
    ),
    Local("operation", "a row before each call to Stripe, which takes 100 a second of us at most"),
    Local("restored_backup", "a row a restore"),
    Local("ledger_seal", "one chain over all entries, drawn by one worker at a time"),
    Local("ledger_archive", "a row a month that is in a file, and a row for each that is back"),
    Distributed(
        "ledger_opening",
        "account_id",
        "sums of entries, of the same account",
        keys={"id": SEQUENCE},
    ),
    Local("ledger_check", "one row: how far the books were checked"),
    Local("ledger_finding", MACHINERY),
)
FUNCTIONS = (
    Function(
        "post_transaction",
        "account_id",
        "balances of other owners, such as the creator's, are changed on their nodes in the same"
        " transaction (two-phase commit)",
    ),
    Function("add_months", None, "makes tables without rows, some months ahead"),
    Function(
        "last_final_entry",
        None,
        "the seal's: looks at every node, and turns the month, twice a minute",
    ),
)
