"""Our copies of Stripe's invoices: their documents, charges, refunds and credit notes."""

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Bytea,
    Integer,
    Text,
    Timestamptz,
)
from piccolo.table import Table

from chenu.accounts.tables import Account, AppUser
from chenu.core.columns import belongs_to, business_time, primary_id, system_time


class Invoice(Table, tablename="invoice"):
    """Our mirror of Stripe's invoices: the newest answer wins (`fetch_number`). Cents.

    `purchase` names what was bought once. `lines` are JSON of recurring.InvoiceLine. `mailed_at`:
    an invoice is mailed once for ever, and outlives the outbox's row. `failed_at`: when we first
    heard that the payment of a renewal had failed.
    """

    id = primary_id()
    account = belongs_to(Account, index=True)
    stripe_invoice_id = Text(unique=True)
    stripe_subscription_id = Text(default=None, null=True, index=True)
    purchase = UUID(default=None, null=True, index=True)
    number = Text(default=None, null=True)
    status = Text()
    billing_reason = Text()
    subtotal = BigInt()
    discount = BigInt()
    tax = BigInt()
    total = BigInt()
    amount_paid = BigInt()
    lines = JSONB(default="[]")
    period_start = business_time()
    period_end = business_time()
    issued_at = Timestamptz(default=None, null=True)
    paid_at = Timestamptz(default=None, null=True)
    hosted_url = Text(default=None, null=True)
    pdf_url = Text(default=None, null=True)
    mailed_at = Timestamptz(default=None, null=True)
    failed_at = Timestamptz(default=None, null=True)
    fetch_number = BigInt(default=0)
    created_at = business_time()


class BillingDocument(Table, tablename="billing_document"):
    """Our copy of a PDF of Stripe's, such as that of a paid invoice: docs/decisions/0030.

    `stripe_id` is the invoice's, or whatever else it is the document of.
    """

    id = primary_id()
    account = belongs_to(Account)
    stripe_id = Text(unique=True)
    content = Bytea()
    stored_at = business_time(index=True)


class InvoicePayment(Table, tablename="invoice_payment"):
    """A charge that settled a plan's invoice, as it is booked. Cents."""

    id = primary_id()
    invoice = belongs_to(Invoice, index=True)
    account = belongs_to(Account)
    stripe_payment_intent_id = Text()
    stripe_charge_id = Text(unique=True)
    gross = BigInt()
    discount = BigInt()
    tax = BigInt()
    fee = BigInt()
    paid_at = business_time()


class InvoiceRefundRequest(Table, tablename="invoice_refund_request"):
    """A decision to return something of a charge, in cents, and what became of it.

    `origin` is one of refund_requests.RefundOrigin; WAITING until a second person agrees.
    `attempts` and on: how closing it went once nobody had decided in time.
    """

    id = primary_id()
    invoice = belongs_to(Invoice, index=True)
    payment = belongs_to(InvoicePayment, index=True)
    account = belongs_to(Account)
    amount = BigInt()
    reason = Text()
    origin = Text()
    state = Text()
    requested_by = belongs_to(AppUser, null=True)
    decided_by = belongs_to(AppUser, null=True)
    decision_reason = Text(default=None, null=True)
    created_at = business_time()
    decided_at = Timestamptz(default=None, null=True)
    attempts = Integer(default=0)
    last_error = Text(default=None, null=True)
    next_attempt_at = system_time(null=True)


class InvoiceRefund(Table, tablename="invoice_refund"):
    """A refund of a plan's charge at Stripe, whoever made it, as it is booked. Cents."""

    id = primary_id()
    payment = belongs_to(InvoicePayment, index=True)
    invoice = belongs_to(Invoice, index=True)
    account = belongs_to(Account)
    stripe_refund_id = Text(unique=True)
    amount = BigInt()
    tax = BigInt()
    refunded_at = business_time()
    failed_at = Timestamptz(default=None, null=True)


class CreditNote(Table, tablename="credit_note"):
    """Our mirror of Stripe's credit notes: the newest answer wins (`fetch_number`). Cents."""

    id = primary_id()
    invoice = belongs_to(Invoice, index=True)
    account = belongs_to(Account)
    stripe_id = Text(unique=True)
    number = Text()
    status = Text()
    total = BigInt()
    pdf_url = Text(default=None, null=True)
    fetch_number = BigInt(default=0)
    created_at = business_time()
