"""Paid invoices and refunds as rows, for tests of what is computed from them."""

from datetime import UTC, datetime

from msgspec.structs import replace

from chenu.accounts.actor import AccountId
from chenu.billing.invoices import (
    InvoiceRow,
    find_invoice_by_stripe_id,
    insert_invoice_payment,
    list_invoice_payments,
    store_invoice,
)
from chenu.billing.recurring import InvoiceLine, InvoiceState, InvoiceStatus
from chenu.billing.refunds import InvoiceRefundId, InvoiceRefundRow, insert_invoice_refund
from chenu.core.ids import new_id
from chenu.core.money import Cents
from tests.billing.recurring import answered, made_up_invoice, made_up_payment
from tests.people import Person


def account_of(person: Person) -> AccountId:
    assert person.actor.account_id is not None
    return person.actor.account_id


def day(year: int, month: int, day_of_month: int, hour: int = 0) -> datetime:
    return datetime(year, month, day_of_month, hour, tzinfo=UTC)


async def pay_plan(
    account_id: AccountId,
    amount: int = 2900,
    begins: datetime = day(2026, 11, 1),  # noqa: B008 - never changes
    ends: datetime = day(2026, 12, 1),  # noqa: B008
    *,
    tax: int = 0,
    number: str = "CHENU-0001",
) -> InvoiceRow:
    """An invoice of a plan, paid when its period begins."""
    line = InvoiceLine("PRO", Cents(amount), begins, ends, product_id="plan_pro")
    return await pay_invoice(account_id, amount, begins, (line,), tax=tax, number=number)


async def pay_pack(account_id: AccountId, amount: int, at: datetime) -> InvoiceRow:
    line = InvoiceLine("1,000 tokens", Cents(amount), at, at)
    return await pay_invoice(
        account_id, amount, at, (line,), number="CHENU-0009", subscription=None
    )


async def pay_invoice(
    account_id: AccountId,
    amount: int,
    at: datetime,
    lines: tuple[InvoiceLine, ...],
    *,
    tax: int = 0,
    number: str,
    subscription: str | None = "sub_made_up",
) -> InvoiceRow:
    state: InvoiceState = replace(
        made_up_invoice("cus_made_up"),
        id=f"in_{new_id().hex}",
        number=number,
        subscription_id=subscription,
        status=InvoiceStatus.PAID,
        subtotal=Cents(amount),
        total=Cents(amount),
        amount_paid=Cents(amount),
        tax=Cents(tax),
        lines=lines,
        created=at,
        paid_at=at,
    )
    await store_invoice(account_id, await answered(state))
    invoice = await find_invoice_by_stripe_id(state.id)
    assert invoice is not None
    charge = replace(
        made_up_payment(invoice),
        stripe_charge_id=f"ch_{new_id().hex}",
        tax=Cents(tax),
        paid_at=at,
    )
    await insert_invoice_payment(charge)
    return invoice


async def give_back(
    invoice: InvoiceRow, amount: int, at: datetime, *, tax: int = 0, failed: bool = False
) -> None:
    """A refund of a part of the invoice's charge."""
    [payment] = await list_invoice_payments([invoice.id])
    refund = InvoiceRefundRow(
        id=InvoiceRefundId(new_id()),
        payment_id=payment.id,
        invoice_id=invoice.id,
        account_id=invoice.account_id,
        stripe_refund_id=f"re_{new_id().hex}",
        amount=Cents(amount),
        tax=Cents(tax),
        refunded_at=at,
        failed_at=at if failed else None,
    )
    await insert_invoice_refund(refund)
