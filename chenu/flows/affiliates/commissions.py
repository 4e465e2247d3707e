"""Commissions follow the money: in the transaction that books a plan's charge, refund or dispute.

What an invoice's commission should be now is derived from what was paid and has gone back; the
difference from its rows is written as one more row and booked. docs/money.md, "Commissions".
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from chenu.affiliates.affiliates import get_affiliate
from chenu.affiliates.commission_amounts import PaidInvoice
from chenu.affiliates.commissions import (
    CommissionRow,
    find_commission,
    insert_commission,
    lock_commissions_of_invoice,
    mark_reversed,
)
from chenu.affiliates.model import (
    HELD_FOR,
    RATE,
    CommissionId,
    CommissionKind,
    CommissionStatus,
    ReferralOrigin,
    ReferralState,
)
from chenu.affiliates.referrals import ReferralRow, lock_referral_of
from chenu.billing.disputes import sum_taken
from chenu.billing.invoices import InvoiceId, InvoiceRow, list_invoice_payments
from chenu.billing.recurring import InvoiceStatus
from chenu.billing.refunds import lock_refunds, sum_refunds
from chenu.core.clock import business_now
from chenu.core.crash_points import crash_point
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.ledger.accounts import PLATFORM_REVENUE, affiliate_payable
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, post

_BOOKED_AS: Mapping[CommissionKind, str] = {
    CommissionKind.COMMISSION: "COMMISSION",
    CommissionKind.CLAWBACK: "COMMISSION_CLAWBACK",
    CommissionKind.REINSTATEMENT: "COMMISSION_REINSTATED",
}


async def earn_commission(invoice: InvoiceRow) -> None:
    """Of a plan's or API plan's invoice, once, when it is paid; for a customer who is bound.

    In the transaction that books its charges. What went back before it was paid whole is off.
    """
    amounts = PaidInvoice(invoice.amount_paid, invoice.total, Cents(invoice.total - invoice.tax))
    paid_at = invoice.paid_at or business_now()
    if invoice.status is not InvoiceStatus.PAID or not amounts.commission:
        return
    if await find_commission(invoice.id) is not None:
        return
    referral = await lock_referral_of(invoice.account_id)
    if referral is None or not _earns(referral, paid_at):
        return
    await _lock_returns(invoice.id)
    row = await _make_commission(invoice.id, referral, amounts, paid_at + HELD_FOR)
    if await _write(row):
        crash_point("commission.inside_settle")
        await follow_returns(invoice.id, f"invoice:{invoice.id}:returned")


def _earns(referral: ReferralRow, paid_at: datetime) -> bool:
    """Whom staff bound later counts from then on; Stripe's times are whole seconds."""
    is_manual = referral.origin is ReferralOrigin.MANUAL
    is_early = is_manual and paid_at < referral.bound_at.replace(microsecond=0)
    return referral.state is not ReferralState.REFUSED and not is_early


async def follow_returns(invoice_id: InvoiceId, cause: str) -> None:
    """After a refund, its failure, or a dispute: what is to be taken of the commission, or given.

    In the transaction that books it, under the lock of the charge's refunds. `cause` names the
    event, and a second call changes nothing: nothing is left to write.
    """
    commission = await find_commission(invoice_id)
    if commission is None:
        return
    returned = await _lock_returns(invoice_id)
    referral = await lock_referral_of(commission.account_id)
    rows = await lock_commissions_of_invoice(invoice_id)
    remaining = _amounts_of(commission).after(returned)
    change = Cents(remaining.commission - sum(row.amount for row in rows))
    if change:
        is_frozen = change > 0 and referral is not None and await _is_frozen(referral)
        await _write(_make_change(rows, commission, remaining, cause, is_frozen=is_frozen))
    if not remaining.commission and all(row.payout_id is None for row in rows):
        await mark_reversed(invoice_id)


def _amounts_of(row: CommissionRow) -> PaidInvoice:
    return PaidInvoice(row.paid, row.total, row.total_excluding_tax)


async def _lock_returns(invoice_id: InvoiceId) -> Cents:
    """What has gone back of its charges, or stands with a bank; nobody changes it meanwhile."""
    payment_ids = [row.id for row in await list_invoice_payments([invoice_id])]
    if payment_ids:
        await lock_refunds(payment_ids[0])
    refunded = await sum_refunds(payment_ids)
    return Cents(sum(refunded.values()) + await sum_taken(payment_ids))


async def _make_commission(
    invoice_id: InvoiceId, referral: ReferralRow, amounts: PaidInvoice, due_at: datetime
) -> CommissionRow:
    is_frozen = await _is_frozen(referral)
    return CommissionRow(
        id=CommissionId(new_id()),
        affiliate_id=referral.affiliate_id,
        referral_id=referral.id,
        account_id=referral.account_id,
        invoice_id=invoice_id,
        kind=CommissionKind.COMMISSION,
        cause=f"invoice:{invoice_id}",
        paid=amounts.paid,
        total=amounts.total,
        total_excluding_tax=amounts.total_excluding_tax,
        base=amounts.base,
        basis_points=RATE,
        amount=amounts.commission,
        status=CommissionStatus.HELD if is_frozen else CommissionStatus.PENDING,
        due_at=due_at,
        held_at=business_now() if is_frozen else None,
        payout_id=None,
        created_at=business_now(),
    )


async def _is_frozen(referral: ReferralRow) -> bool:
    affiliate = await get_affiliate(referral.affiliate_id)
    return referral.state is ReferralState.HELD or not affiliate.is_active


def _make_change(
    rows: Sequence[CommissionRow],
    commission: CommissionRow,
    remaining: PaidInvoice,
    cause: str,
    *,
    is_frozen: bool,
) -> CommissionRow:
    """From what the rows add up to, to what is remaining."""
    now, amount = business_now(), Cents(remaining.commission - sum(row.amount for row in rows))
    is_clawback = amount < 0
    due_at = now if is_clawback else commission.due_at
    is_frozen = is_frozen or any(row.status is CommissionStatus.HELD for row in rows)
    waits = CommissionStatus.PENDING if due_at > now else CommissionStatus.DUE
    return replace(
        commission,
        id=CommissionId(new_id()),
        kind=CommissionKind.CLAWBACK if is_clawback else CommissionKind.REINSTATEMENT,
        cause=cause,
        paid=Cents(remaining.paid - sum(row.paid for row in rows)),
        base=Cents(remaining.base - sum(row.base for row in rows)),
        amount=amount,
        status=CommissionStatus.HELD if is_frozen else waits,
        due_at=due_at,
        held_at=now if is_frozen else None,
        payout_id=None,
        created_at=now,
    )


async def _write(row: CommissionRow) -> bool:
    """With its booking; False for a cause that was written before."""
    if not await insert_commission(row):
        return False
    owed = euros(row.amount)
    await post(
        LedgerTransaction(
            business_key=f"commission:{row.cause}",
            kind=_BOOKED_AS[row.kind],
            account_id=row.account_id,
            subject_id=row.id,
            entries=(
                debit(PLATFORM_REVENUE, owed),
                credit(affiliate_payable(row.affiliate_id), owed),
            ),
        )
    )
    return True
