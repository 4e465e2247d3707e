"""Commissions of paid invoices as rows, for tests of what an affiliate is shown."""

from datetime import date, datetime, timedelta

from chenu.accounts.actor import ApiScope
from chenu.affiliates.affiliates import AffiliateRow
from chenu.affiliates.commission_amounts import PaidInvoice
from chenu.affiliates.commissions import CommissionRow, insert_commission
from chenu.affiliates.model import (
    HELD_FOR,
    RATE,
    CommissionId,
    CommissionKind,
    CommissionStatus,
    PayoutId,
    PayoutStatus,
)
from chenu.affiliates.payouts import PayoutRow, insert_payout
from chenu.affiliates.referrals import ReferralRow
from chenu.affiliates.tables import AffiliateDay
from chenu.billing.invoices import InvoiceRow
from chenu.core.clock import business_now
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.rows import insert
from tests.affiliates.bound import bind
from tests.people import Person, make_person
from tests.roi.paid import pay_plan


async def put_clicks(affiliate: AffiliateRow, clicks: int, days_ago: int = 0) -> None:
    day = business_now().date() - timedelta(days=days_ago)
    row = {"id": new_id(), "affiliate": affiliate.id, "day": day, "clicks": clicks}
    await insert(AffiliateDay, row)


async def put_commission(
    referral: ReferralRow,
    invoice: InvoiceRow,
    *,
    amount: int | None = None,
    kind: CommissionKind = CommissionKind.COMMISSION,
    status: CommissionStatus = CommissionStatus.PENDING,
    cause: str = "",
    payout: PayoutId | None = None,
    at: datetime | None = None,
) -> CommissionRow:
    """Of the whole invoice, unless `amount` says otherwise."""
    now = at or business_now()
    sent = PaidInvoice(invoice.amount_paid, invoice.total, Cents(invoice.total - invoice.tax))
    row = CommissionRow(
        id=CommissionId(new_id()),
        affiliate_id=referral.affiliate_id,
        referral_id=referral.id,
        account_id=referral.account_id,
        invoice_id=invoice.id,
        kind=kind,
        cause=cause or f"invoice:{invoice.stripe_invoice_id}",
        paid=sent.paid,
        total=sent.total,
        total_excluding_tax=sent.total_excluding_tax,
        base=sent.base,
        basis_points=RATE,
        amount=sent.commission if amount is None else Cents(amount),
        status=status,
        due_at=now + HELD_FOR,
        held_at=now if status == CommissionStatus.HELD else None,
        payout_id=payout,
        created_at=now,
    )
    assert await insert_commission(row)
    return row


async def put_payout(
    affiliate: AffiliateRow, month: str, status: PayoutStatus, *, number: str | None = None
) -> PayoutId:
    row = PayoutRow(
        id=PayoutId(new_id()),
        affiliate_id=affiliate.id,
        month=date.fromisoformat(month),
        amount=Cents(7920),
        status=status,
        operation_id=None,
        stripe_transfer_id=None,
        failure_reason="transfers_not_allowed" if status == PayoutStatus.FAILED else None,
        number=number,
        created_at=business_now(),
        paid_at=business_now() if status == PayoutStatus.PAID else None,
    )
    await insert_payout(row)
    return row.id


async def bring_customers(
    affiliate: AffiliateRow, names: tuple[str, ...], *, paid: int = 9900, tax: int = 0
) -> list[Person]:
    """Each is bound and has paid one invoice, whose commission is PENDING."""
    people = []
    for number, name in enumerate(names, start=1):
        person = await make_person(name)
        referral = await bind(person, affiliate)
        account_id = person.actor.require_account(ApiScope.READ)
        invoice = await pay_plan(
            account_id, paid, business_now(), tax=tax, number=f"CHENU-{number:04}"
        )
        await put_commission(referral, invoice)
        people.append(person)
    return people
