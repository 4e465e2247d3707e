"""The tables of the sandbox's one SQLite file, and what is indexed inside the stored JSON."""

VERSION = 1
"""Raised with every change of the tables; files of another version are refused."""

TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    account TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL,
    internal TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS objects_id ON objects (id, kind, account);
CREATE INDEX IF NOT EXISTS objects_page ON objects (kind, account, seq);
CREATE INDEX IF NOT EXISTS objects_created ON objects (kind, account, created);

CREATE TABLE IF NOT EXISTS clocks (
    id TEXT PRIMARY KEY,
    time INTEGER NOT NULL,
    target INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS tasks (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    clock TEXT NOT NULL,
    due INTEGER NOT NULL,
    name TEXT NOT NULL,
    account TEXT NOT NULL,
    subject TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS tasks_once ON tasks (name, account, subject, due, clock);
CREATE INDEX IF NOT EXISTS tasks_due ON tasks (clock, due, seq);

CREATE TABLE IF NOT EXISTS balances (
    account TEXT PRIMARY KEY,
    available INTEGER NOT NULL,
    pending INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS idempotency (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL,
    request_id TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (account, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS idempotency_age ON idempotency (created);

CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL,
    answer TEXT,
    created INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (status, due);
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event, status);
"""

INDEXED = {
    "balance_transaction": ("source", "type", "available_on"),
    "charge": ("customer", "payment_intent", "transfer_group"),
    "checkout.session": ("customer", "payment_intent", "status", "subscription"),
    "credit_note": ("customer", "invoice"),
    "customer": ("email", "test_clock"),
    "dispute": ("charge", "payment_intent"),
    "event": ("type",),
    "invoice": ("customer", "status", "parent.subscription_details.subscription"),
    "invoice_payment": ("invoice", "payment.payment_intent", "status"),
    "invoiceitem": ("customer", "invoice", "parent.subscription_details.subscription"),
    "payment_intent": ("customer",),
    "payment_method": ("customer",),
    "payout": ("status",),
    "price": ("lookup_key", "product", "active"),
    "product": ("active",),
    "promotion_code": ("code", "promotion.coupon"),
    "radar.early_fraud_warning": ("charge", "payment_intent"),
    "refund": ("charge", "payment_intent"),
    "setup_intent": ("customer",),
    "subscription": ("customer", "status", "schedule"),
    "subscription_schedule": ("customer", "subscription"),
    "tax_id": ("customer",),
    "transfer": ("destination", "source_transaction", "transfer_group"),
    "transfer_reversal": ("transfer",),
    "v2.core.event": ("type",),
}
"""Paths into `body` by which objects of a kind are looked up."""


def indexes() -> str:
    """Partial expression indexes: one for each indexed path of a kind."""
    return "\n".join(
        f"CREATE INDEX IF NOT EXISTS {_name(kind, path)} ON objects "
        f"(account, json_extract(body, '$.{path}'), seq) WHERE kind = '{kind}';"
        for kind, paths in INDEXED.items()
        for path in paths
    )


def _name(kind: str, path: str) -> str:
    return f"objects_{kind}_{path}".replace(".", "_")
