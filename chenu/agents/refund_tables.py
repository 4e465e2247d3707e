"""Refunds of sales that wait for a second person of the support desk."""

from piccolo.columns import BigInt, Integer, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import Account, AppUser
from chenu.agents.tables import Purchase, PurchasePayment, PurchaseRefund
from chenu.core.columns import belongs_to, business_time, primary_id, system_time


class PurchaseRefundRequest(Table, tablename="purchase_refund_request"):
    """What one person of the desk asked to return of a payment, in cents, and what became of it.

    `refund` is what came of it once another person agreed. `attempts` and on: how closing it went
    once nobody had decided in time.
    """

    id = primary_id()
    payment = belongs_to(PurchasePayment, index=True)
    purchase = belongs_to(Purchase, index=True)
    account = belongs_to(Account)
    amount = BigInt()
    reason = Text()
    state = Text(default="WAITING")
    requested_by = belongs_to(AppUser)
    decided_by = belongs_to(AppUser, null=True)
    decision_reason = Text(default=None, null=True)
    refund = belongs_to(PurchaseRefund, null=True, unique=True)
    created_at = business_time()
    decided_at = Timestamptz(default=None, null=True)
    attempts = Integer(default=0)
    last_error = Text(default=None, null=True)
    next_attempt_at = system_time(null=True)
