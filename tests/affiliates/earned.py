"""Commissions by their amounts and states, for tests of lists and sums; no books are kept."""

from datetime import timedelta

from chenu.affiliates.commissions import CommissionRow, insert_commission
from chenu.affiliates.model import RATE, CommissionId, CommissionKind, CommissionStatus
from chenu.affiliates.referrals import ReferralRow
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.money import Cents

PENDING, DUE = CommissionStatus.PENDING, CommissionStatus.DUE
WITHOUT_AN_INVOICE = ("I11", "I11b", "I11p")
"""Invariants that rows which nobody paid for violate."""


async def earn(
    referral: ReferralRow,
    amount: int,
    status: CommissionStatus = PENDING,
    *,
    days: int = 30,
    of: CommissionRow | None = None,
) -> CommissionRow:
    """Due so many days from now; `of` a commission that it takes from, or gives again."""
    kinds = (CommissionKind.REINSTATEMENT, CommissionKind.CLAWBACK)
    row = CommissionRow(
        id=CommissionId(new_id()),
        affiliate_id=referral.affiliate_id,
        referral_id=referral.id,
        account_id=referral.account_id,
        invoice_id=of.invoice_id if of else new_id(),
        kind=kinds[amount < 0] if of else CommissionKind.COMMISSION,
        cause=f"test:{new_id()}",
        paid=Cents(abs(amount) * 10),
        total=Cents(abs(amount) * 10),
        total_excluding_tax=Cents(abs(amount) * 10),
        base=Cents(abs(amount) * 10),
        basis_points=RATE,
        amount=Cents(amount),
        status=status,
        due_at=business_now() + timedelta(days=days),
        held_at=None,
        payout_id=None,
        created_at=business_now(),
    )
    assert await insert_commission(row)
    return row
