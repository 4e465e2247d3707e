"""Operations (a row before each Stripe call) and the append-only double-entry journal."""

from piccolo.columns import (
    JSONB,
    UUID,
    Array,
    BigInt,
    BigSerial,
    Bytea,
    Date,
    Integer,
    Text,
    Timestamptz,
)
from piccolo.table import Table

from chenu.core.columns import belongs_to, business_time, primary_id, system_time


class Operation(Table, tablename="operation"):
    """A call to Stripe: unique by `business_key`, from which the idempotency key is made.

    `params` contains everything that the call needs, so that a retry is exactly the same request.
    """

    id = primary_id()
    kind = Text()
    business_key = Text(unique=True)
    subject_id = UUID(default=None, null=True, index=True)
    account_id = UUID(default=None, null=True)
    amount = BigInt(default=0)
    params = JSONB(default="{}")
    state = Text(default="INTENT")
    stripe_id = Text(default=None, null=True)
    error_code = Text(default=None, null=True)
    attempts = Integer(default=0)
    key_number = Integer(default=0)
    next_check_at = Timestamptz(default=None, null=True)
    created_at = business_time()
    settled_at = Timestamptz(default=None, null=True)


class RestoredBackup(Table, tablename="restored_backup"):
    """A backup from which this database was made.

    What Stripe did for us after `made_at` (business time), operations here may not know.
    """

    id = primary_id()
    made_at = business_time()
    restored_at = system_time()


class LedgerAccount(Table, tablename="ledger_account"):
    """`balance` is stored for owned accounts only; a system account's is the sum of its entries."""

    id = primary_id()
    kind = Text()
    owner_id = UUID(default=None, null=True)
    asset = Text(default="EUR")
    balance = BigInt(default=None, null=True)


class LedgerKey(Table, tablename="ledger_key"):
    """What was booked, of all months: unique, so that it is posted once.

    Without spends of tokens, whose keys are made of fresh ids.
    """

    business_key = Text(primary_key=True)
    account_id = UUID(default=None)
    transaction_id = BigInt()


class LedgerTransaction(Table, tablename="ledger_transaction"):
    """Entries that belong together; `business_key` is unique, so that it is posted once.

    Split by months of ids, over which `ledger_key` keeps keys unique. `account_id` is the account
    of the customer concerned, here and on entries.
    """

    id = BigSerial(primary_key=True)
    business_key = Text(unique=True)
    kind = Text()
    account_id = UUID(default=None)
    subject_id = UUID(default=None, null=True, index=True)
    operation_id = UUID(default=None, null=True)
    business_at = business_time()
    posted_at = system_time()


class LedgerEntry(Table, tablename="ledger_entry"):
    """One signed amount on one account, in the asset's smallest unit. Never changed.

    Split as transactions are: an entry is of its transaction's month.
    """

    id = BigSerial(primary_key=True)
    transaction_id = belongs_to(LedgerTransaction, index=True)
    ledger_account_id = belongs_to(LedgerAccount, index=True)
    account_id = UUID(default=None)
    amount = BigInt()


class LedgerSeal(Table, tablename="ledger_seal"):
    """A link of the hash chain over the entries from `first_entry` to `last_entry`."""

    id = BigSerial(primary_key=True)
    first_entry = BigInt()
    last_entry = BigInt(unique=True)
    previous_hash = Bytea()
    hash = Bytea()
    sealed_at = system_time()


class LedgerCheck(Table, tablename="ledger_check"):
    """The one row: the position up to which the hourly check found books and seals correct."""

    id = Integer(primary_key=True, default=1)
    last_entry = BigInt()
    hash = Bytea()
    checked_at = system_time()


class LedgerFinding(Table, tablename="ledger_finding"):
    """The last result of each invariant's check; `violated_since` is NULL while it holds."""

    name = Text(primary_key=True)
    description = Text()
    violations = Integer(default=0)
    samples = Array(base_column=Text(), default=list)
    checked_at = system_time(index=True)
    violated_since = Timestamptz(default=None, null=True)


class LedgerArchive(Table, tablename="ledger_archive"):
    """A month of which transactions of tokens are in a file alone, with the hash of what remains.

    A row with `restored` says that the archive of that id is whole again.
    """

    id = primary_id()
    month = Date(default=None)
    restored = UUID(default=None, null=True)
    first_id = BigInt()
    last_id = BigInt()
    rows = BigInt()
    file_hash = Bytea()
    remaining_hash = Bytea()
    recorded_at = system_time()


class LedgerOpening(Table, tablename="ledger_opening"):
    """What the entries of a ledger account add up to that are in the file of an archive."""

    id = BigSerial(primary_key=True)
    archive = UUID(default=None)
    ledger_account_id = UUID(default=None)
    account_id = UUID(default=None)
    amount = BigInt()
