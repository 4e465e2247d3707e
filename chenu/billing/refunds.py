"""What was returned of plans' charges, and Stripe's credit notes about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.billing.invoice_tables import CreditNote, InvoiceRefund
from chenu.billing.invoices import InvoiceId
from chenu.billing.recurring import CreditNoteState
from chenu.core import db
from chenu.core.fetched import Fetched
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns, insert

InvoiceRefundId = NewType("InvoiceRefundId", UUID)


class InvoiceRefundRow(msgspec.Struct, frozen=True):
    """`tax` is the part of the amount that is VAT; a refund that failed returned nothing."""

    id: InvoiceRefundId
    payment_id: UUID
    invoice_id: InvoiceId
    account_id: AccountId
    stripe_refund_id: str
    amount: Cents
    tax: Cents
    refunded_at: datetime
    failed_at: datetime | None


_REFUNDS = Columns(
    InvoiceRefundRow,
    InvoiceRefund,
    payment_id="payment",
    invoice_id="invoice",
    account_id="account",
)
_REFUND = f"SELECT {_REFUNDS.select()} FROM invoice_refund"  # noqa: S608 - own columns


async def lock_refunds(payment_id: UUID) -> None:
    """Until the transaction ends: what goes back of one invoice is decided and booked one by one.

    Of all its charges, whichever is named: a commission depends on them together.
    """
    sql = """
        SELECT pg_advisory_xact_lock(hashtextextended('invoice_refunds:' || invoice, 0))
        FROM invoice_payment WHERE id = $1
    """
    await db.execute(sql, payment_id)


async def find_invoice_refund(stripe_refund_id: str) -> InvoiceRefundRow | None:
    sql = f"{_REFUND} WHERE stripe_refund_id = $1"
    return await db.find_one(InvoiceRefundRow, sql, stripe_refund_id)


async def list_refunds_of_invoices(invoice_ids: Sequence[InvoiceId]) -> list[InvoiceRefundRow]:
    """The oldest first."""
    sql = f"{_REFUND} WHERE invoice = ANY($1) ORDER BY refunded_at, id LIMIT 1000"
    return await db.fetch_all(InvoiceRefundRow, sql, list(invoice_ids))


async def list_refunds(page: PageRequest) -> Page[InvoiceRefundRow]:
    """Of all accounts, the newest first, also those that failed."""
    return await fetch_page(InvoiceRefundRow, _REFUND, "TRUE", page=page)


async def list_refunds_of_payment(payment_id: UUID) -> list[InvoiceRefundRow]:
    """Those that returned something, the oldest first."""
    sql = f"{_REFUND} WHERE payment = $1 AND failed_at IS NULL ORDER BY refunded_at, id"
    return await db.fetch_all(InvoiceRefundRow, sql, payment_id)


class _Returned(msgspec.Struct, frozen=True):
    payment_id: UUID
    amount: Cents


async def sum_refunds(payment_ids: Sequence[UUID]) -> dict[UUID, Cents]:
    """What went back of each charge; one of which nothing did is missing."""
    sql = """
        SELECT payment AS payment_id, sum(amount)::bigint AS amount FROM invoice_refund
        WHERE payment = ANY($1) AND failed_at IS NULL GROUP BY payment
    """
    rows = await db.fetch_all(_Returned, sql, list(payment_ids))
    return {row.payment_id: row.amount for row in rows}


async def insert_invoice_refund(row: InvoiceRefundRow) -> bool:
    """Once per refund; False if it was inserted before."""
    return bool(await _REFUNDS.insert(row, "ON CONFLICT DO NOTHING"))


async def mark_refund_failed(refund_id: InvoiceRefundId, failed_at: datetime) -> bool:
    """Once; False if it was known already."""
    sql = "UPDATE invoice_refund SET failed_at = $2 WHERE id = $1 AND failed_at IS NULL"
    return bool(await db.execute(sql, refund_id, failed_at))


class CreditNoteRow(msgspec.Struct, frozen=True):
    id: UUID
    invoice_id: InvoiceId
    number: str
    status: str
    total: Cents
    pdf_url: str | None
    created_at: datetime


_NOTES = Columns(CreditNoteRow, CreditNote, invoice_id="invoice")


async def list_credit_notes(invoice_ids: Sequence[InvoiceId]) -> list[CreditNoteRow]:
    """Those that stand, the oldest first."""
    sql = f"""
        SELECT {_NOTES.select()} FROM credit_note
        WHERE invoice = ANY($1) AND status <> 'VOID' ORDER BY created_at, id LIMIT 1000
    """  # noqa: S608 - own columns
    return await db.fetch_all(CreditNoteRow, sql, list(invoice_ids))


async def store_credit_note(
    invoice_id: InvoiceId, account_id: AccountId, fetched: Fetched[CreditNoteState]
) -> None:
    """Inserts it, or adopts the answer unless a later one is stored."""
    state = fetched.value
    values = {
        "id": new_id(),
        "invoice": invoice_id,
        "account": account_id,
        "stripe_id": state.id,
        "number": state.number,
        "status": state.status,
        "total": state.total,
        "pdf_url": state.pdf_url,
        "fetch_number": fetched.number,
        "created_at": state.created,
    }
    suffix = """
        ON CONFLICT (stripe_id) DO UPDATE SET status = excluded.status,
            pdf_url = excluded.pdf_url, fetch_number = excluded.fetch_number
        WHERE credit_note.fetch_number < excluded.fetch_number
    """
    await insert(CreditNote, values, suffix)
