"""Our copies of Stripe's disputes and early fraud warnings, and what we made of them."""

from piccolo.columns import UUID, BigInt, Boolean, Text, Timestamptz
from piccolo.table import Table

from chenu.accounts.tables import Account, AppUser
from chenu.core.columns import belongs_to, business_time, primary_id


class Dispute(Table, tablename="dispute"):
    """The newest answer wins (`fetch_number`). `account` is the buyer's. Cents.

    `subject` says what was paid by `payment`: AGENT (with `purchase` and `creator`), PACK or
    PLAN.
    `withdrawn`: what the bank has of it now, null where nothing ever moved. `is_taken`: what it
    takes was taken here, `taken` of the payment. `evidence` was given by `evidence_by`.
    """

    id = primary_id()
    account = belongs_to(Account, index=True)
    subject = Text()
    payment = UUID(default=None, index=True)
    purchase = UUID(default=None, null=True, index=True)
    creator = UUID(default=None, null=True, index=True)
    stripe_dispute_id = Text(unique=True)
    stripe_charge_id = Text()
    amount = BigInt()
    reason = Text()
    status = Text()
    is_refundable = Boolean()
    due_by = Timestamptz(default=None, null=True)
    withdrawn = BigInt(default=None, null=True)
    is_taken = Boolean(default=False)
    taken = BigInt(default=0)
    evidence = Text(default=None, null=True)
    evidence_by = belongs_to(AppUser, null=True)
    evidence_at = Timestamptz(default=None, null=True)
    reminded_at = Timestamptz(default=None, null=True)
    fetch_number = BigInt()
    created_at = business_time()
    closed_at = Timestamptz(default=None, null=True)


class FraudWarning(Table, tablename="fraud_warning"):
    """An early fraud warning, until somebody of the support desk has decided about it.

    `subject`, `payment` and `purchase` as of a dispute.
    """

    id = primary_id()
    account = belongs_to(Account)
    subject = Text()
    payment = UUID(default=None)
    purchase = UUID(default=None, null=True)
    stripe_id = Text(unique=True)
    stripe_charge_id = Text()
    amount = BigInt()
    fraud_type = Text()
    is_actionable = Boolean()
    state = Text(default="OPEN")
    decision = Text(default="")
    decided_by = belongs_to(AppUser, null=True)
    created_at = business_time()
    decided_at = Timestamptz(default=None, null=True)
