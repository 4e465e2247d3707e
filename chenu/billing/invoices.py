"""Our mirror of Stripe's invoices, and the charges that settled those of subscriptions."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.billing.invoice_tables import Invoice, InvoicePayment
from chenu.billing.recurring import InvoiceLine, InvoiceState, InvoiceStatus
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.errors import NotFound
from chenu.core.fetched import Fetched
from chenu.core.ids import find_id, new_id
from chenu.core.money import Cents
from chenu.core.paged_rows import fetch_page
from chenu.core.paging import Page, PageRequest
from chenu.core.rows import Columns, insert

InvoiceId = NewType("InvoiceId", UUID)


class InvoiceRow(msgspec.Struct, frozen=True):
    """Amounts in cents; the times are Stripe's, on business time.

    `pdf_url` is Stripe's; `has_document`: we keep a copy of that PDF.
    """

    id: InvoiceId
    account_id: AccountId
    stripe_invoice_id: str
    stripe_subscription_id: str | None
    purchase_id: UUID | None
    number: str | None
    status: InvoiceStatus
    billing_reason: str
    subtotal: Cents
    discount: Cents
    tax: Cents
    total: Cents
    amount_paid: Cents
    lines_json: str
    period_start: datetime
    period_end: datetime
    issued_at: datetime | None
    paid_at: datetime | None
    hosted_url: str | None
    pdf_url: str | None
    has_document: bool
    created_at: datetime

    @property
    def lines(self) -> list[InvoiceLine]:
        return msgspec.json.decode(self.lines_json, type=list[InvoiceLine])


_INVOICES = Columns(
    InvoiceRow,
    Invoice,
    account_id="account",
    purchase_id="purchase",
    lines_json="{0}lines::text",
    has_document="""
        EXISTS (SELECT 1 FROM billing_document d WHERE d.stripe_id = {0}stripe_invoice_id)""",
)
_INVOICE = f"SELECT {_INVOICES.select()} FROM invoice"  # noqa: S608 - own columns


def pdf_path(invoice_id: InvoiceId) -> str:
    """Of our page that serves our copy of its PDF."""
    return f"/account/invoices/{invoice_id}.pdf"


async def find_invoice_by_stripe_id(stripe_id: str) -> InvoiceRow | None:
    return await db.find_one(InvoiceRow, f"{_INVOICE} WHERE stripe_invoice_id = $1", stripe_id)


async def list_open_invoices(subscription_id: str) -> list[InvoiceRow]:
    """Those of a subscription at Stripe that wait for their payment, oldest first."""
    sql = f"{_INVOICE} WHERE stripe_subscription_id = $1 AND status = 'OPEN' ORDER BY id"
    return await db.fetch_all(InvoiceRow, sql, subscription_id)


async def list_invoices(account_id: AccountId, page: PageRequest) -> Page[InvoiceRow]:
    """Those that were issued, newest first."""
    return await fetch_page(
        InvoiceRow, _INVOICE, "account = $1 AND issued_at IS NOT NULL", account_id, page=page
    )


async def count_invoices(account_id: AccountId) -> int:
    """Of those that were issued, at most 1,001: more are not counted."""
    sql = """
        SELECT count(*) FROM (SELECT 1 FROM invoice
            WHERE account = $1 AND issued_at IS NOT NULL LIMIT 1001) counted
    """
    return int(await db.fetch_value(sql, account_id))


async def list_invoices_by_id(ids: Sequence[InvoiceId]) -> list[InvoiceRow]:
    """In no particular order; callers check whose they are."""
    return await db.fetch_all(InvoiceRow, f"{_INVOICE} WHERE id = ANY($1)", list(ids))


async def store_invoice(
    account_id: AccountId, fetched: Fetched[InvoiceState], purchase_id: UUID | None = None
) -> bool:
    """Insert it, or adopt the answer unless a later one is stored; False for a stale answer.

    `purchase_id` where more is known than the invoice says.
    """
    state = fetched.value
    values = {
        "id": new_id(),
        "account": account_id,
        "stripe_invoice_id": state.id,
        "stripe_subscription_id": state.subscription_id,
        "purchase": purchase_id or _purchase_of(state),
        "number": state.number,
        "status": state.status,
        "billing_reason": state.billing_reason,
        "subtotal": state.subtotal,
        "discount": state.discount,
        "tax": state.tax,
        "total": state.total,
        "amount_paid": state.amount_paid,
        "lines": msgspec.json.encode(state.lines).decode(),
        "period_start": state.period_start,
        "period_end": state.period_end,
        "issued_at": state.issued_at,
        "paid_at": state.paid_at,
        "failed_at": _heard_of_failure(state),
        "hosted_url": state.hosted_url,
        "pdf_url": state.pdf_url,
        "fetch_number": fetched.number,
        "created_at": state.created,
    }
    return bool(await insert(Invoice, values, _adopt_newer(values.keys())))


def _adopt_newer(names: Iterable[str]) -> str:
    """What was said first stays: whose it is, when it was made, and that its payment failed."""
    fixed = ("id", "account", "stripe_invoice_id", "created_at", "failed_at")
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in fixed)
    return f"""
        ON CONFLICT (stripe_invoice_id) DO UPDATE SET {changes},
            failed_at = coalesce(invoice.failed_at, excluded.failed_at)
        WHERE invoice.fetch_number < excluded.fetch_number
    """


def has_failed(state: InvoiceState) -> bool:
    """The payment of a renewal was refused once at least, whatever became of it since."""
    return state.billing_reason == "subscription_cycle" and state.attempts > state.is_paid


def _heard_of_failure(state: InvoiceState) -> datetime | None:
    """Where it is paid when we first hear of its failure, it had failed before."""
    if not has_failed(state):
        return None
    now = business_now()
    return min(state.paid_at, now) if state.paid_at else now


def _purchase_of(state: InvoiceState) -> UUID | None:
    """As our payment page said: a purchase, or the order of a pack; None for a plan."""
    order_id = None if state.subscription_id else state.metadata.get("order_id")
    return find_id(state.metadata.get("purchase_id") or order_id)


async def get_own_invoice(account_id: AccountId, invoice_id: InvoiceId) -> InvoiceRow:
    """Raises NotFound for what is another account's, or not issued."""
    sql = f"{_INVOICE} WHERE id = $1 AND account = $2 AND issued_at IS NOT NULL"
    found = await db.find_one(InvoiceRow, sql, invoice_id, account_id)
    if found is None:
        raise NotFound("There is no such invoice")
    return found


async def mark_mailed(invoice_id: InvoiceId, at: datetime) -> bool:
    """True for the first caller alone, in whose transaction the mail is queued."""
    sql = "UPDATE invoice SET mailed_at = $2 WHERE id = $1 AND mailed_at IS NULL"
    return bool(await db.execute(sql, invoice_id, at))


class InvoicePaymentRow(msgspec.Struct, frozen=True):
    """A charge for an invoice: gross = discount + tax + what is revenue, in cents."""

    id: UUID
    invoice_id: InvoiceId
    account_id: AccountId
    stripe_payment_intent_id: str
    stripe_charge_id: str
    gross: Cents
    discount: Cents
    tax: Cents
    fee: Cents
    paid_at: datetime

    @property
    def paid(self) -> Cents:
        return Cents(self.gross - self.discount)


_PAYMENTS = Columns(InvoicePaymentRow, InvoicePayment, invoice_id="invoice", account_id="account")


async def insert_invoice_payment(row: InvoicePaymentRow) -> bool:
    """Once per charge; False if it was inserted before."""
    return bool(await _PAYMENTS.insert(row, "ON CONFLICT DO NOTHING"))


_PAYMENT = f"SELECT {_PAYMENTS.select()} FROM invoice_payment"  # noqa: S608 - own columns


async def find_invoice_payment(stripe_charge_id: str) -> InvoicePaymentRow | None:
    sql = f"{_PAYMENT} WHERE stripe_charge_id = $1"
    return await db.find_one(InvoicePaymentRow, sql, stripe_charge_id)


async def get_invoice_payment(payment_id: UUID) -> InvoicePaymentRow:
    """Raises NotFound."""
    found = await list_payments_by_id([payment_id])
    if not found:
        raise NotFound("There is no such payment")
    return found[0]


async def list_payments_by_id(ids: Sequence[UUID]) -> list[InvoicePaymentRow]:
    """In no particular order; callers check whose they are."""
    return await db.fetch_all(InvoicePaymentRow, f"{_PAYMENT} WHERE id = ANY($1)", list(ids))


async def list_invoice_payments(invoice_ids: Sequence[InvoiceId]) -> list[InvoicePaymentRow]:
    """The oldest first."""
    sql = f"{_PAYMENT} WHERE invoice = ANY($1) ORDER BY paid_at, id LIMIT 1000"
    return await db.fetch_all(InvoicePaymentRow, sql, list(invoice_ids))


async def list_subscription_invoices(stripe_subscription_id: str) -> list[InvoiceRow]:
    """All of one contract, the oldest first."""
    sql = f"{_INVOICE} WHERE stripe_subscription_id = $1 ORDER BY created_at, id LIMIT 1000"
    return await db.fetch_all(InvoiceRow, sql, stripe_subscription_id)


async def get_invoice(invoice_id: InvoiceId) -> InvoiceRow:
    """For staff. Raises NotFound."""
    found = await list_invoices_by_id([invoice_id])
    if not found:
        raise NotFound("There is no such invoice")
    return found[0]


async def find_invoice_of_purchase(purchase_id: UUID) -> InvoiceRow | None:
    sql = f"{_INVOICE} WHERE purchase = $1 AND status = 'PAID' ORDER BY id LIMIT 1"
    return await db.find_one(InvoiceRow, sql, purchase_id)


async def find_invoice_by_number(number: str) -> InvoiceRow | None:
    return await db.find_one(InvoiceRow, f"{_INVOICE} WHERE number = $1 LIMIT 1", number)
