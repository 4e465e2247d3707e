"""What the books say of single subjects, entry by entry."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from chenu.core import db
from chenu.core.money import Cents
from chenu.ledger.accounts import LedgerKind

PROCESSING_KINDS = ("STRIPE_FEE",)
"""Transactions that book what Stripe takes out of the platform's share: its own matter."""


class Posting(msgspec.Struct, frozen=True):
    """An entry in cents with its transaction; a credit is positive.

    `stripe_id` is the transfer or reversal whose operation booked it.
    """

    entry_id: int
    transaction_id: int
    subject_id: UUID
    event: str
    account: LedgerKind
    amount: Cents
    booked_at: datetime
    stripe_id: str | None


async def list_postings(
    subject_ids: Sequence[UUID], *, without: Collection[str] = ()
) -> list[Posting]:
    """In the order in which they were booked, at most 2,000; `without` these transactions."""
    sql = """
        SELECT e.id AS entry_id, t.id AS transaction_id, t.subject_id, t.kind AS event,
            a.kind AS account, e.amount, t.business_at AS booked_at, o.stripe_id
        FROM ledger_transaction t
        JOIN ledger_entry e ON e.transaction_id = t.id
        JOIN ledger_account a ON a.id = e.ledger_account_id
        LEFT JOIN operation o ON o.id = t.operation_id
        WHERE t.subject_id = ANY($1) AND a.asset = 'EUR' AND t.kind <> ALL($2)
        ORDER BY e.id LIMIT 2000
    """
    return await db.fetch_all(Posting, sql, list(subject_ids), list(without))
