"""The bookings of a sale, in words: what its page shows below the split."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chenu.agents.payments import PaymentRow
from chenu.billing.disputes import DisputeRow
from chenu.core.i18n import mark
from chenu.core.money import Cents
from chenu.ledger.accounts import LedgerKind
from chenu.ledger.booked_entries import BookedEntry, list_booked_entries

_FEES = frozenset({"STRIPE_FEE", "DISPUTE_FEE"})
"""The platform's cost, which is nobody else's business."""

_EVENTS = {
    "PAYMENT": mark("Payment"),
    "STRIPE_FEE": mark("Fee of Stripe"),
    "TRANSFER": mark("Transfer to the creator"),
    "TRANSFER_REVERSAL": mark("Transfer taken back"),
    "DEBT_NETTED": mark("Debt taken out of a share"),
    "REFUND_DUE": mark("Refund decided"),
    "RETURN_DUE": mark("Payment not accepted"),
    "REFUND": mark("Refund made"),
    "REFUND_FAILED": mark("Refund failed and put back"),
    "CREDIT_USED": mark("Credit used"),
    "DISPUTE_TAKEN": mark("Taken for a dispute"),
    "DISPUTE_RETURNED": mark("Given again after a dispute"),
    "DISPUTE_MOVED": mark("Moved by the buyer’s bank"),
    "DISPUTE_FEE": mark("Fee of a dispute"),
    "DISPUTE_EXCESS": mark("Loss by a dispute"),
}
_ACCOUNTS = {
    LedgerKind.BUYER_PAYMENTS: mark("Buyers’ payments"),
    LedgerKind.CREATOR_PAYABLE: mark("Owed to the creator"),
    LedgerKind.CREATOR_RECEIVABLE: mark("Owed by the creator"),
    LedgerKind.CREATOR_TRANSFERS: mark("Creator’s Stripe account"),
    LedgerKind.PLATFORM_REVENUE: mark("CHE·NU’s revenue"),
    LedgerKind.TAX_PAYABLE: mark("VAT owed"),
    LedgerKind.STRIPE_FEES: mark("Fees of Stripe"),
    LedgerKind.BUYER_REFUNDS_DUE: mark("Refunds on their way"),
    LedgerKind.DISPUTED_PAYMENTS: mark("Disputed payments"),
}


@dataclass(frozen=True, slots=True)
class Booking:
    """`event` and `account` are English sources; a credit is positive, in cents."""

    entry_id: int
    booked_at: datetime
    event: str
    account: str
    amount: Cents


async def list_bookings(
    payments: Sequence[PaymentRow], disputes: Sequence[DisputeRow], *, with_fees: bool
) -> list[Booking]:
    """Every entry of these payments, the oldest first."""
    subjects: list[UUID] = [*(each.id for each in payments), *(each.id for each in disputes)]
    entries = await list_booked_entries(subjects)
    return [_booking(each) for each in entries if with_fees or each.kind not in _FEES]


def _booking(entry: BookedEntry) -> Booking:
    event = _EVENTS.get(entry.kind, entry.kind)
    account = _ACCOUNTS.get(entry.account, entry.account)
    return Booking(entry.id, entry.business_at, event, account, entry.amount)
