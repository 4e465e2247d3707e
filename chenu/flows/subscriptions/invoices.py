"""Stripe's invoices as we have them, and the books of those that plans' and packs' charges settled.

We never make an invoice: Stripe's is mirrored by its id. docs/money.md, "A plan's invoice". The
charge of an invoice for an agent is booked with the purchase, not here.
"""

from datetime import datetime

from chenu.accounts.actor import AccountId
from chenu.accounts.customers import find_account_of_customer
from chenu.billing.gateway import Charge
from chenu.billing.invoices import (
    InvoicePaymentRow,
    InvoiceRow,
    find_invoice_by_stripe_id,
    insert_invoice_payment,
    store_invoice,
)
from chenu.billing.ports import SubscriptionPort
from chenu.billing.recurring import InvoiceState
from chenu.billing.subscriptions import find_subscription_by_stripe_id
from chenu.core import db
from chenu.core.fetched import Fetched, fetch
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.pack_tokens import credit_pack, find_ordered_pack
from chenu.flows.subscriptions.invoice_documents import request_document
from chenu.flows.subscriptions.mails import mail_failed_payment
from chenu.flows.subscriptions.refund_books import settle_refund
from chenu.ledger.accounts import (
    BUYER_PAYMENTS,
    PLATFORM_REVENUE,
    STRIPE_FEES,
    TAX_PAYABLE,
)
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, post
from chenu.tokens.pack_orders import PackOrderRow


async def follow_invoice(subscriptions: SubscriptionPort, invoice_id: str) -> bool:
    """Ask Stripe, and adopt the answer; False for an invoice that is not ours.

    Raises OutcomeUnknown, StripeRefusal.
    """
    fetched = await fetch(lambda: subscriptions.get_invoice(invoice_id))
    refunds = [
        refund
        for charge in fetched.value.payments
        if charge.refunded
        for refund in await subscriptions.list_refunds(charge.id)
    ]

    async def adopt() -> bool:
        if not await adopt_invoice(fetched):
            return False
        for refund in refunds:
            await settle_refund(refund)
        return True

    return await db.run_in_transaction(adopt)


async def adopt_invoice(fetched: Fetched[InvoiceState]) -> bool:
    """In the caller's transaction: the mirror, and what is booked of it."""
    state = fetched.value
    pack = await find_ordered_pack(state.metadata)
    account_id = pack.account_id if pack else await _find_account(state)
    if account_id is None:
        return False
    if await store_invoice(account_id, fetched):
        await mail_failed_payment(account_id, state)
    invoice = await find_invoice_by_stripe_id(state.id)
    if invoice is not None:
        await _book_charges(invoice, state, pack)
        await request_document(invoice)
    return True


async def _book_charges(
    invoice: InvoiceRow, state: InvoiceState, pack: PackOrderRow | None
) -> None:
    """Those of a plan or of a pack, whose tokens are credited in the same transaction."""
    kind = "PACK_PAYMENT" if pack else "PLAN_PAYMENT"
    for charge in state.payments if pack or state.subscription_id else ():
        payment = _make_payment(invoice, state, charge)
        if not await insert_invoice_payment(payment):
            continue
        await _book_charge(payment, kind)
        if pack is not None:
            await credit_pack(pack, payment)


async def _find_account(state: InvoiceState) -> AccountId | None:
    """Also of a customer that was deleted at Stripe."""
    plan = await find_subscription_by_stripe_id(state.subscription_id or "")
    return plan.account_id if plan else await find_account_of_customer(state.customer_id)


async def _book_charge(payment: InvoicePaymentRow, kind: str) -> None:
    """Once per charge, however often and in whichever order Stripe tells of it."""
    charge_id, account_id = payment.stripe_charge_id, payment.account_id
    await post(
        LedgerTransaction(
            business_key=f"payment:{charge_id}",
            kind=kind,
            account_id=account_id,
            subject_id=payment.id,
            entries=(
                debit(BUYER_PAYMENTS, euros(payment.paid)),
                credit(PLATFORM_REVENUE, euros(Cents(payment.paid - payment.tax))),
                credit(TAX_PAYABLE, euros(payment.tax)),
            ),
        )
    )
    await post(
        LedgerTransaction(
            business_key=f"fee:{charge_id}",
            kind="STRIPE_FEE",
            account_id=account_id,
            subject_id=payment.id,
            entries=(
                debit(PLATFORM_REVENUE, euros(payment.fee)),
                credit(STRIPE_FEES, euros(payment.fee)),
            ),
        )
    )


def _make_payment(invoice: InvoiceRow, state: InvoiceState, charge: Charge) -> InvoicePaymentRow:
    """Its part of the invoice's VAT, and the discount of the first charge.

    Rounded down of this and all earlier charges together: what is paid in parts has all of the VAT.
    A total of zero has a charge where the customer owed something from before. A change of plan
    that gives more discount back than it takes off is an invoice with a discount below zero.
    """
    earlier = [each for each in state.payments if _place(each) < _place(charge)]
    before = Cents(sum(each.amount for each in earlier))
    discount = Cents(0) if earlier else Cents(max(state.discount, 0))
    tax = _tax_of(state, Cents(before + charge.amount)) - _tax_of(state, before)
    return InvoicePaymentRow(
        id=new_id(),
        invoice_id=invoice.id,
        account_id=invoice.account_id,
        stripe_payment_intent_id=charge.payment_intent_id,
        stripe_charge_id=charge.id,
        gross=Cents(charge.amount + discount),
        discount=discount,
        tax=Cents(tax),
        fee=charge.fee,
        paid_at=charge.created,
    )


def _place(charge: Charge) -> tuple[datetime, str]:
    """Stripe lists the charges of an invoice in no order that it promises."""
    return charge.created, charge.id


def _tax_of(state: InvoiceState, paid: Cents) -> Cents:
    return Cents(max(state.tax, 0) * paid // state.total if state.total > 0 else 0)
