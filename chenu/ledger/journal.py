"""Posting: the only code that writes ledger transactions and entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.ledger.accounts import OWNED, AccountRef
from chenu.ledger.seals import hold_off_sealing


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A signed amount in the account's asset; positive is a credit."""

    account: AccountRef
    amount: Cents


@dataclass(frozen=True, slots=True)
class LedgerTransaction:
    """`business_key` names the event that is booked; a second posting of it changes nothing."""

    business_key: str
    kind: str
    entries: Sequence[LedgerEntry]
    subject_id: UUID | None = None
    operation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Inserted:
    id: int


@dataclass(frozen=True, slots=True)
class _Found:
    id: UUID


class UnbalancedError(ValueError):
    """Postings that do not sum to zero per asset: a bug, never a state of the books."""


async def post(transaction: LedgerTransaction) -> bool:
    """Book it once, in the caller's transaction; False when it was booked before.

    An event that moves nothing, such as a fee of 0, is not booked: no transaction is empty.
    """
    _require_balance(transaction)
    if all(entry.amount == 0 for entry in transaction.entries):
        return False
    await hold_off_sealing()
    transaction_id = await _open(transaction)
    if transaction_id is None:
        return False
    # One order for everyone: two postings that share owned accounts cannot deadlock.
    for entry in sorted(
        transaction.entries, key=lambda p: (p.account.kind, str(p.account.owner_id))
    ):
        if entry.amount != 0:
            await _write(transaction_id, entry)
    return True


async def get_balance(account: AccountRef) -> Cents:
    """What an owned account holds; 0 before its first entry."""
    sql = "SELECT balance FROM ledger_account WHERE kind = $1 AND owner_id = $2 AND asset = $3"
    return Cents(await db.fetch_value(sql, account.kind, account.owner_id, account.asset) or 0)


def _require_balance(transaction: LedgerTransaction) -> None:
    if not db.in_transaction():
        raise RuntimeError("the journal posts inside its flow's transaction")
    sums: dict[str, int] = {}
    for entry in transaction.entries:
        sums[entry.account.asset] = sums.get(entry.account.asset, 0) + entry.amount
    if not sums or any(sums.values()):
        raise UnbalancedError(f"{transaction.business_key}: {sums}")


async def _open(transaction: LedgerTransaction) -> int | None:
    sql = """
        INSERT INTO ledger_transaction
            (business_key, kind, subject_id, operation_id, business_at, posted_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (business_key) DO NOTHING RETURNING id
    """
    row = await db.find_one(
        _Inserted,
        sql,
        transaction.business_key,
        transaction.kind,
        transaction.subject_id,
        transaction.operation_id,
        business_now(),
        system_now(),
    )
    return row.id if row else None


async def _write(transaction_id: int, entry: LedgerEntry) -> None:
    account_id = await _account_id(entry.account)
    await db.execute(
        "INSERT INTO ledger_entry (transaction_id, account_id, amount) VALUES ($1, $2, $3)",
        transaction_id,
        account_id,
        entry.amount,
    )
    if entry.account.kind in OWNED:
        sql = "UPDATE ledger_account SET balance = balance + $2 WHERE id = $1"
        await db.execute(sql, account_id, entry.amount)


async def _account_id(account: AccountRef) -> UUID:
    """Find or open; safe when two open the same account at once."""
    find = """
        SELECT id FROM ledger_account
        WHERE kind = $1 AND owner_id IS NOT DISTINCT FROM $2 AND asset = $3
    """
    where = (account.kind.value, account.owner_id, account.asset)
    found = await db.find_one(_Found, find, *where)
    if found is None:
        sql = """
            INSERT INTO ledger_account (id, kind, owner_id, asset, balance)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
        """
        await db.execute(sql, new_id(), *where, 0 if account.kind in OWNED else None)
        found = await db.find_one(_Found, find, *where)
    if found is None:
        raise RuntimeError(f"no ledger account {account.kind}")
    return found.id
