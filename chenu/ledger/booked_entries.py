"""Entries as people read them: what was booked for a payment, line by line."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chenu.core import db
from chenu.core.money import Cents
from chenu.ledger.accounts import LedgerKind

_MOST = 1000


@dataclass(frozen=True, slots=True)
class BookedEntry:
    """`id` is the entry's in the ledger, `kind` its transaction's; cents, a credit is positive."""

    id: int
    kind: str
    account: LedgerKind
    amount: Cents
    business_at: datetime


async def list_booked_entries(subject_ids: Collection[UUID]) -> list[BookedEntry]:
    """Of money, in the order in which they were booked; at most a thousand."""
    sql = """
        SELECT e.id, t.kind, a.kind AS account, e.amount, t.business_at
        FROM ledger_transaction t
        JOIN ledger_entry e ON e.transaction_id = t.id
        JOIN ledger_account a ON a.id = e.ledger_account_id
        WHERE t.subject_id = ANY($1) AND a.asset = 'EUR' ORDER BY e.id LIMIT $2
    """
    return await db.fetch_all(BookedEntry, sql, list(subject_ids), _MOST)
