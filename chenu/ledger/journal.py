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
class Posting:
    """A signed amount in the account's asset; positive is a credit."""

    account: AccountRef
    amount: Cents


@dataclass(frozen=True, slots=True)
class Entry:
    """`business_key` names the event that is booked; a second posting of it changes nothing."""

    business_key: str
    kind: str
    postings: Sequence[Posting]
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


async def post(entry: Entry) -> bool:
    """Book it once, in the caller's transaction; False when it was booked before.

    An event that moves nothing, such as a fee of 0, is not booked: no transaction is empty.
    """
    _require_balance(entry)
    if all(posting.amount == 0 for posting in entry.postings):
        return False
    await hold_off_sealing()
    transaction_id = await _open(entry)
    if transaction_id is None:
        return False
    # One order for everyone: two postings that share owned accounts cannot deadlock.
    for posting in sorted(entry.postings, key=lambda p: (p.account.kind, str(p.account.owner_id))):
        if posting.amount != 0:
            await _write(transaction_id, posting)
    return True


async def get_balance(account: AccountRef) -> Cents:
    """What an owned account holds; 0 before its first entry."""
    sql = "SELECT balance FROM ledger_account WHERE kind = $1 AND owner_id = $2 AND asset = $3"
    return Cents(await db.fetch_value(sql, account.kind, account.owner_id, account.asset) or 0)


def _require_balance(entry: Entry) -> None:
    if not db.in_transaction():
        raise RuntimeError("the journal posts inside its flow's transaction")
    sums: dict[str, int] = {}
    for posting in entry.postings:
        sums[posting.account.asset] = sums.get(posting.account.asset, 0) + posting.amount
    if not sums or any(sums.values()):
        raise UnbalancedError(f"{entry.business_key}: {sums}")


async def _open(entry: Entry) -> int | None:
    sql = """
        INSERT INTO ledger_transaction
            (business_key, kind, subject_id, operation_id, business_at, posted_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (business_key) DO NOTHING RETURNING id
    """
    row = await db.find_one(
        _Inserted,
        sql,
        entry.business_key,
        entry.kind,
        entry.subject_id,
        entry.operation_id,
        business_now(),
        system_now(),
    )
    return row.id if row else None


async def _write(transaction_id: int, posting: Posting) -> None:
    account_id = await _account_id(posting.account)
    await db.execute(
        "INSERT INTO ledger_entry (transaction_id, account_id, amount) VALUES ($1, $2, $3)",
        transaction_id,
        account_id,
        posting.amount,
    )
    if posting.account.kind in OWNED:
        sql = "UPDATE ledger_account SET balance = balance + $2 WHERE id = $1"
        await db.execute(sql, account_id, posting.amount)


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
