"""Commissions of affiliates with their clawbacks and reinstatements: rows and sums.

Which row is written when: chenu/flows/affiliates/commissions.py. Rows of several invoices are
locked in the order of their ids. docs/money.md, "Commissions".
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.affiliates.model import (
    AffiliateId,
    CommissionId,
    CommissionKind,
    CommissionStatus,
    PayoutId,
    ReferralId,
)
from chenu.affiliates.tables import Commission
from chenu.core import db
from chenu.core.money import Cents
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns


class CommissionRow(msgspec.Struct, frozen=True):
    """`cause` names what it is of, once. `base` is paid * total_excluding_tax // total.

    Of what follows a commission `paid`, `base` and `amount` are what it changes, so that the rows
    of an invoice add up to what is kept of it; a clawback's are negative.
    """

    id: CommissionId
    affiliate_id: AffiliateId
    referral_id: ReferralId
    account_id: AccountId
    invoice_id: UUID
    kind: CommissionKind
    cause: str
    paid: Cents
    total: Cents
    total_excluding_tax: Cents
    base: Cents
    basis_points: int
    amount: Cents
    status: CommissionStatus
    due_at: datetime
    held_at: datetime | None
    payout_id: PayoutId | None
    created_at: datetime


_COLUMNS = Columns(
    CommissionRow,
    Commission,
    affiliate_id="affiliate",
    referral_id="referral",
    account_id="account",
    invoice_id="invoice",
    payout_id="payout",
)
_SELECT = f"SELECT {_COLUMNS.select()} FROM commission"  # noqa: S608 - own columns


class CommissionSums(msgspec.Struct, frozen=True):
    """In cents, clawbacks counted in: each may be below zero but `paid`.

    `due` includes what is being transferred.
    """

    pending: Cents
    due: Cents
    paid: Cents
    held: Cents


async def get_commission_sums(affiliate_id: AffiliateId) -> CommissionSums:
    sql = """
        SELECT coalesce(sum(amount) FILTER (WHERE status = 'PENDING'), 0)::bigint AS pending,
            coalesce(sum(amount) FILTER (WHERE status = 'DUE'), 0)::bigint AS due,
            coalesce(sum(amount) FILTER (WHERE status = 'PAID'), 0)::bigint AS paid,
            coalesce(sum(amount) FILTER (WHERE status = 'HELD'), 0)::bigint AS held
        FROM commission WHERE affiliate = $1
    """
    [sums] = await db.fetch_all(CommissionSums, sql, affiliate_id)
    return sums


async def list_commissions(affiliate_id: AffiliateId, page: PageRequest) -> Page[CommissionRow]:
    """The newest first."""
    return await fetch_page(CommissionRow, _SELECT, "affiliate = $1", affiliate_id, page=page)


async def find_commission(invoice_id: UUID) -> CommissionRow | None:
    """The one that its payment earned."""
    sql = f"{_SELECT} WHERE invoice = $1 AND kind = 'COMMISSION'"
    return await db.find_one(CommissionRow, sql, invoice_id)


async def count_commissions(affiliate_id: AffiliateId) -> int:
    """At most 1,001: more are not counted."""
    sql = """
        SELECT count(*) FROM (SELECT 1 FROM commission WHERE affiliate = $1 LIMIT 1001) counted
    """
    return int(await db.fetch_value(sql, affiliate_id))


async def list_commissions_by_id(ids: Sequence[CommissionId]) -> list[CommissionRow]:
    """In no particular order; callers check whose they are."""
    return await db.fetch_all(CommissionRow, f"{_SELECT} WHERE id = ANY($1)", list(ids))


async def lock_commissions_of_invoice(invoice_id: UUID) -> list[CommissionRow]:
    """With what followed it; locked until the transaction ends."""
    sql = f"{_SELECT} WHERE invoice = $1 ORDER BY id FOR NO KEY UPDATE"
    return await db.fetch_all(CommissionRow, sql, invoice_id)


async def insert_commission(row: CommissionRow) -> bool:
    """Once for each cause, and one commission for each invoice; False if it is there already."""
    return bool(await _COLUMNS.insert(row, "ON CONFLICT DO NOTHING"))


async def mark_reversed(invoice_id: UUID) -> None:
    """Nothing of the invoice was paid to the affiliate, and nothing is due any more."""
    sql = "UPDATE commission SET status = 'REVERSED' WHERE invoice = $1 AND status <> 'REVERSED'"
    await db.execute(sql, invoice_id)


async def mature(now: datetime) -> int:
    """What waited its time is DUE; returns how many rows. Again changes nothing."""
    sql = """
        UPDATE commission SET status = 'DUE' WHERE id IN (
            SELECT id FROM commission WHERE status = 'PENDING' AND due_at <= $1
            ORDER BY id FOR NO KEY UPDATE)
    """
    return await db.execute(sql, now)


class DueCommissions(msgspec.Struct, frozen=True):
    """Rows of one affiliate that a payout may pay, locked, and their sum."""

    ids: Sequence[CommissionId]
    amount: Cents


class _DueRow(msgspec.Struct, frozen=True):
    id: CommissionId
    amount: Cents


async def lock_due(affiliate_id: AffiliateId) -> DueCommissions:
    """All that are DUE and belong to no payout, until the transaction ends: nobody else attaches,
    holds or reverses them meanwhile. What becomes due later is not among them.
    """
    sql = """
        SELECT id, amount FROM commission
        WHERE affiliate = $1 AND status = 'DUE' AND payout IS NULL
        ORDER BY id FOR NO KEY UPDATE
    """
    rows = await db.fetch_all(_DueRow, sql, affiliate_id)
    return DueCommissions([row.id for row in rows], Cents(sum(row.amount for row in rows)))


async def attach_due(due: DueCommissions, payout_id: PayoutId) -> None:
    """In the transaction that locked them and inserted the payout of this amount."""
    sql = "UPDATE commission SET payout = $2 WHERE id = ANY($1) AND payout IS NULL"
    if await db.execute(sql, list(due.ids), payout_id) != len(due.ids):
        raise RuntimeError(f"commissions of payout {payout_id} belong to another one")


async def mark_commissions_paid(payout_id: PayoutId) -> int:
    """Of a payout whose transfer was made; again changes nothing."""
    sql = "UPDATE commission SET status = 'PAID' WHERE payout = $1 AND status = 'DUE'"
    return await db.execute(sql, payout_id)


async def list_commissions_of_payout(payout_id: PayoutId) -> list[CommissionRow]:
    """The oldest first."""
    return await db.fetch_all(CommissionRow, f"{_SELECT} WHERE payout = $1 ORDER BY id", payout_id)
