"""Answers of Stripe's about a plan and its invoice, made up."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from chenu.accounts.actor import AccountId, UserId
from chenu.billing.invoices import InvoicePaymentRow, InvoiceRow
from chenu.billing.recurring import (
    BillingInterval,
    InvoiceState,
    InvoiceStatus,
    SubscriptionKind,
    SubscriptionState,
    SubscriptionStatus,
)
from chenu.billing.subscription_orders import OrderId, OrderRow, OrderStatus
from chenu.core.fetched import Fetched, fetch
from chenu.core.ids import new_id
from chenu.core.money import Cents

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
ENDS = BEGAN + timedelta(days=30)

T = TypeVar("T")


async def answered(state: T) -> Fetched[T]:
    """The answer to a question that is asked now."""

    async def answer() -> T:
        return state

    return await fetch(answer)


def made_up_plan(customer_id: str) -> SubscriptionState:
    return SubscriptionState(
        id="sub_made_up",
        customer_id=customer_id,
        status=SubscriptionStatus.ACTIVE,
        item_id="si_made_up",
        price_id="price_made_up",
        product_id="plan_pro",
        price=Cents(2900),
        interval=BillingInterval.MONTH,
        period_start=BEGAN,
        period_end=ENDS,
        trial_ends_at=None,
        cancel_at_period_end=False,
        canceled_at=None,
        ended_at=None,
        is_collection_paused=False,
        created=BEGAN,
        metadata={},
    )


def made_up_invoice(customer_id: str) -> InvoiceState:
    return InvoiceState(
        id="in_made_up",
        customer_id=customer_id,
        subscription_id="sub_made_up",
        number="CHENU-0001",
        status=InvoiceStatus.OPEN,
        billing_reason="subscription_cycle",
        subtotal=Cents(2900),
        discount=Cents(0),
        tax=Cents(0),
        total=Cents(2900),
        amount_paid=Cents(0),
        period_start=BEGAN,
        period_end=ENDS,
        created=BEGAN,
        issued_at=BEGAN,
        paid_at=None,
        hosted_url="https://invoice.example/i/1",
        pdf_url="https://invoice.example/i/1/pdf",
        payments=(),
        metadata={"kind": "tier"},
    )


def made_up_payment(invoice: InvoiceRow) -> InvoicePaymentRow:
    """The charge that settled it."""
    return InvoicePaymentRow(
        id=new_id(),
        invoice_id=invoice.id,
        account_id=invoice.account_id,
        stripe_payment_intent_id="pi_made_up",
        stripe_charge_id="ch_made_up",
        gross=invoice.total,
        discount=Cents(0),
        tax=Cents(0),
        fee=Cents(0),
        paid_at=BEGAN,
    )


def made_up_order(account_id: AccountId, buyer_id: UserId) -> OrderRow:
    """A page that was completed."""
    return OrderRow(
        id=OrderId(new_id()),
        account_id=account_id,
        buyer_id=buyer_id,
        kind=SubscriptionKind.TIER,
        item="PRO",
        billing_interval=BillingInterval.MONTH,
        price=Cents(2900),
        trial_days=0,
        starts_now=False,
        status=OrderStatus.COMPLETED,
        checkout_session_id=None,
        checkout_url=None,
        checkout_expires_at=None,
        stripe_subscription_id="sub_made_up",
        failure_code=None,
        created_at=BEGAN,
        updated_at=BEGAN,
    )
