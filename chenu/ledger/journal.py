"""Posting: the only code that writes ledger transactions and entries."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from chenu.core import db
from chenu.core.clock import business_now, system_now
from chenu.core.money import Cents
from chenu.ledger.accounts import AccountRef, LedgerKind
from chenu.ledger.amounts import Amount, Asset


class LedgerEntry(msgspec.Struct, frozen=True):
    """A signed amount on an account; positive is a credit. Made by `credit` or `debit`."""

    account: AccountRef
    amount: Amount


class LedgerTransaction(msgspec.Struct, frozen=True):
    """`business_key` names the booked event; a second posting of it changes nothing.

    `account_id` is the customer account to which the transaction and its entries belong.
    """

    business_key: str
    kind: str
    account_id: UUID
    entries: Sequence[LedgerEntry]
    subject_id: UUID | None = None
    operation_id: UUID | None = None


class UnbalancedError(ValueError):
    """Entries that do not sum to zero per asset: a programming error; nothing is booked."""


def credit(account: AccountRef, amount: Amount) -> LedgerEntry:
    return LedgerEntry(account, amount)


def debit(account: AccountRef, amount: Amount) -> LedgerEntry:
    return LedgerEntry(account, -amount)


_POST = """
    SELECT post_transaction($1, $2, $3, $4, $5, $6, $7,
        $8::text[], $9::uuid[], $10::text[], $11::bigint[])
"""


async def post(transaction: LedgerTransaction) -> bool:
    """Books it once, in the caller's transaction; False if it was booked before.

    An event that moves nothing, such as a fee of 0, is not booked: no transaction is empty. One
    statement finds or opens the accounts, and writes entries and balances (sql/ledger.sql).
    """
    _require_balance(transaction)
    moved = [entry for entry in transaction.entries if entry.amount.units]
    if not moved:
        return False
    is_new: bool = await db.fetch_value(
        _POST,
        transaction.business_key,
        transaction.kind,
        transaction.account_id,
        transaction.subject_id,
        transaction.operation_id,
        business_now(),
        system_now(),
        [entry.account.kind for entry in moved],
        [entry.account.owner_id for entry in moved],
        [entry.amount.asset for entry in moved],
        [entry.amount.units for entry in moved],
    )
    return is_new


class _BookedEntry(msgspec.Struct, frozen=True):
    kind: LedgerKind
    amount: Cents


async def find_amounts(business_key: str) -> dict[LedgerKind, Cents]:
    """What an event booked in cents by kind of account, credits positive; empty if nothing."""
    sql = """
        SELECT a.kind, sum(e.amount)::bigint AS amount FROM keyed_transaction t
        JOIN ledger_entry e ON e.transaction_id = t.id
        JOIN ledger_account a ON a.id = e.ledger_account_id
        WHERE t.business_key = $1 AND a.asset = 'EUR' GROUP BY a.kind
    """
    entries = await db.fetch_all(_BookedEntry, sql, business_key)
    return {entry.kind: entry.amount for entry in entries}


def _require_balance(transaction: LedgerTransaction) -> None:
    if not db.in_transaction():
        raise RuntimeError("the journal posts inside its flow's transaction")
    sums: dict[str, int] = {}
    for entry in transaction.entries:
        amount = entry.amount
        sums[amount.asset] = sums.get(amount.asset, 0) + amount.units
    if not sums or any(sums.values()):
        raise UnbalancedError(f"{transaction.business_key}: {sums}")


async def get_balance(account: AccountRef, asset: Asset) -> Amount:
    """The balance of an owned account in this asset; 0 before its first entry."""
    sql = "SELECT balance FROM ledger_account WHERE kind = $1 AND owner_id = $2 AND asset = $3"
    return Amount(asset, await db.fetch_value(sql, account.kind, account.owner_id, asset) or 0)


async def get_refunds_due(account_id: UUID) -> Cents:
    """What we owe one customer of refunds that did not reach them."""
    sql = """
        SELECT coalesce(sum(e.amount), 0)::bigint FROM ledger_entry e
        JOIN ledger_account a ON a.id = e.ledger_account_id
        WHERE a.kind = 'BUYER_REFUNDS_DUE' AND e.account_id = $1
    """
    return Cents(await db.fetch_value(sql, account_id))


async def get_cents(account: AccountRef) -> Cents:
    """The balance of an owned account in cents."""
    return Cents((await get_balance(account, Asset.EUR)).units)
