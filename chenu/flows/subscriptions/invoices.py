"""Stripe's invoices as we have them, and the books of those that a plan's charges settled.

We never make an invoice: Stripe's is mirrored by its id. docs/money.md, "A plan's invoice".
"""

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
from chenu.flows.subscriptions.mails import mail_failed_payment
from chenu.ledger.accounts import (
    BUYER_PAYMENTS,
    PLATFORM_REVENUE,
    STRIPE_FEES,
    TAX_PAYABLE,
)
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, post


async def follow_invoice(subscriptions: SubscriptionPort, invoice_id: str) -> bool:
    """Ask Stripe, and adopt the answer; False for an invoice that is not ours.

    Raises OutcomeUnknown, StripeRefusal.
    """
    fetched = await fetch(lambda: subscriptions.get_invoice(invoice_id))

    async def adopt() -> bool:
        return await adopt_invoice(fetched)

    return await db.run_in_transaction(adopt)


async def adopt_invoice(fetched: Fetched[InvoiceState]) -> bool:
    """In the caller's transaction: the mirror, and what is booked of it."""
    state = fetched.value
    account_id = await _find_account(state)
    if account_id is None:
        return False
    if await store_invoice(account_id, fetched):
        await mail_failed_payment(account_id, state)
    invoice = await find_invoice_by_stripe_id(state.id)
    if invoice is not None and state.subscription_id is not None:
        for charge in state.payments:
            await _book_charge(account_id, invoice, state, charge)
    return True


async def _find_account(state: InvoiceState) -> AccountId | None:
    """Also of a customer that was deleted at Stripe."""
    plan = await find_subscription_by_stripe_id(state.subscription_id or "")
    return plan.account_id if plan else await find_account_of_customer(state.customer_id)


async def _book_charge(
    account_id: AccountId, invoice: InvoiceRow, state: InvoiceState, charge: Charge
) -> None:
    """Once per charge, however often and in whichever order Stripe tells of it."""
    payment = _make_payment(account_id, invoice, state, charge)
    if not await insert_invoice_payment(payment):
        return
    await post(
        LedgerTransaction(
            business_key=f"payment:{charge.id}",
            kind="PLAN_PAYMENT",
            account_id=account_id,
            subject_id=payment.id,
            entries=(
                debit(BUYER_PAYMENTS, euros(charge.amount)),
                credit(PLATFORM_REVENUE, euros(Cents(charge.amount - payment.tax))),
                credit(TAX_PAYABLE, euros(payment.tax)),
            ),
        )
    )
    await post(
        LedgerTransaction(
            business_key=f"fee:{charge.id}",
            kind="STRIPE_FEE",
            account_id=account_id,
            subject_id=payment.id,
            entries=(
                debit(PLATFORM_REVENUE, euros(charge.fee)),
                credit(STRIPE_FEES, euros(charge.fee)),
            ),
        )
    )


def _make_payment(
    account_id: AccountId, invoice: InvoiceRow, state: InvoiceState, charge: Charge
) -> InvoicePaymentRow:
    """Its part of the invoice's VAT, rounded down, and the discount of the first charge."""
    is_first = charge.id == state.payments[0].id
    discount = state.discount if is_first else Cents(0)
    return InvoicePaymentRow(
        id=new_id(),
        invoice_id=invoice.id,
        account_id=account_id,
        stripe_payment_intent_id=charge.payment_intent_id,
        stripe_charge_id=charge.id,
        gross=Cents(charge.amount + discount),
        discount=discount,
        tax=Cents(state.tax * charge.amount // state.total),
        fee=charge.fee,
        paid_at=charge.created,
    )
