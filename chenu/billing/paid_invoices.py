"""What an account paid by invoice, without VAT and after refunds: as it is booked."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chenu.accounts.actor import AccountId
from chenu.billing.recurring import InvoiceLine
from chenu.core import db
from chenu.core.money import Cents


class PaidInvoice(msgspec.Struct, frozen=True):
    """`paid` is the revenue of its charges less that of their refunds, in cents."""

    number: str | None
    stripe_subscription_id: str | None
    lines_json: str
    paid_at: datetime
    paid: Cents

    @property
    def is_of_subscription(self) -> bool:
        return self.stripe_subscription_id is not None

    @property
    def lines(self) -> Sequence[InvoiceLine]:
        return msgspec.json.decode(self.lines_json, type=list[InvoiceLine])


async def list_paid_invoices(
    account_id: AccountId, since: datetime, before: datetime
) -> list[PaidInvoice]:
    """Those made since then with a charge of ours, the oldest first; at most 10,000.

    The charge of an invoice for an agent is booked with its purchase: agents/payments.py.
    """
    sql = """
        SELECT i.number, i.stripe_subscription_id, i.lines::text AS lines_json, paid.paid_at,
            (paid.revenue - coalesce(returned.revenue, 0))::bigint AS paid
        FROM invoice i
        CROSS JOIN LATERAL (
            SELECT sum(gross - discount - tax) AS revenue, min(paid_at) AS paid_at
            FROM invoice_payment WHERE invoice = i.id) paid
        CROSS JOIN LATERAL (
            SELECT sum(amount - tax) AS revenue
            FROM invoice_refund WHERE invoice = i.id AND failed_at IS NULL) returned
        WHERE i.account = $1 AND i.created_at >= $2 AND i.created_at < $3
            AND paid.paid_at IS NOT NULL
        ORDER BY i.created_at, i.id LIMIT 10000
    """
    return await db.fetch_all(PaidInvoice, sql, account_id, since, before)
