"""Stripe's invoices as we have them, and the books of those that plans' and packs' charges settled.

We never make an invoice: Stripe's is mirrored by its id. docs/money.md, "A plan's invoice". The
charge of an invoice for an agent is booked with the purchase, not here; that of one which somebody
made in Stripe's dashboard is revenue of ours.
"""

from collections.abc import Mapping
from datetime import timedelta

from chenu.accounts.actor import AccountId
from chenu.accounts.customers import find_account_of_customer
from chenu.agents.payments import find_payment_of_charge
from chenu.billing.gateway import Charge, StripeRefusal
from chenu.billing.invoices import (
    InvoicePaymentRow,
    InvoiceRow,
    find_invoice_by_stripe_id,
    has_failed,
    insert_invoice_payment,
    store_invoice,
)
from chenu.billing.ports import SubscriptionPort
from chenu.billing.recurring import InvoiceState, InvoiceStatus, SubscriptionKind
from chenu.billing.subscriptions import find_subscription_by_stripe_id
from chenu.core import db
from chenu.core.clock import business_now
from chenu.core.fetched import Fetched, fetch
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.flows.affiliates.commissions import earn_commission
from chenu.flows.pack_tokens import credit_pack, find_ordered_pack
from chenu.flows.purchases.monthly_payments import book_monthly_invoice, find_purchase_of_invoice
from chenu.flows.subscription_ends import end_all
from chenu.flows.subscriptions.invoice_documents import request_document
from chenu.flows.subscriptions.mirror import KINDS, follow_subscription, lock_subscriptions
from chenu.flows.subscriptions.refund_books import settle_refund
from chenu.flows.webhooks.facts import tell_of_invoice
from chenu.ledger.accounts import (
    BUYER_PAYMENTS,
    PLATFORM_REVENUE,
    STRIPE_FEES,
    TAX_PAYABLE,
)
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, post
from chenu.tokens.pack_orders import PackOrderRow

_BOOKED_AS: Mapping[str, str] = {
    SubscriptionKind.TIER: "PLAN_PAYMENT",
    SubscriptionKind.API_PLAN: "API_PLAN_PAYMENT",
}
_DUNNING = timedelta(days=30)
"""Longer than Stripe tries: an older invoice that is asked about again is no news."""


async def follow_invoice(subscriptions: SubscriptionPort, invoice_id: str) -> bool:
    """Ask Stripe, and adopt the answer; False for an invoice that is not ours.

    Raises OutcomeUnknown, StripeRefusal.
    """
    fetched = await fetch(lambda: subscriptions.get_invoice(invoice_id))
    await _follow_unknown(subscriptions, fetched.value)
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


async def _follow_unknown(subscriptions: SubscriptionPort, state: InvoiceState) -> None:
    """Where the invoice does not say what it is for, its subscription does: that is known first."""
    stripe_id = state.subscription_id
    if stripe_id is None or "kind" in state.metadata:
        return
    if await find_subscription_by_stripe_id(stripe_id) is not None:
        return
    if await find_account_of_customer(state.customer_id) is None:
        return
    try:
        await follow_subscription(subscriptions, stripe_id)
    except StripeRefusal as refusal:
        if not refusal.is_gone:
            raise


async def adopt_invoice(fetched: Fetched[InvoiceState]) -> bool:
    """In the caller's transaction: the mirror, and what is booked of it."""
    state = fetched.value
    pack = await find_ordered_pack(state.metadata)
    purchase = await find_purchase_of_invoice(state)
    owned = pack or purchase
    account_id = owned.account_id if owned else await _find_account(state)
    if account_id is None:
        return False
    before = await find_invoice_by_stripe_id(state.id)
    if await store_invoice(account_id, fetched, purchase.id if purchase else None):
        await _mail_failure(state)
    invoice = await find_invoice_by_stripe_id(state.id)
    if invoice is not None:
        await _tell_if_paid(before, invoice)
        if purchase is not None:
            await lock_subscriptions(account_id, SubscriptionKind.AGENT)
            await end_all(await book_monthly_invoice(purchase, state))
        else:
            await _book_charges(invoice, state, pack)
        await request_document(invoice)
    return True


async def _tell_if_paid(before: InvoiceRow | None, after: InvoiceRow) -> None:
    was_paid = before is not None and before.status is InvoiceStatus.PAID
    if after.status is InvoiceStatus.PAID and not was_paid:
        await tell_of_invoice(after)


async def _mail_failure(state: InvoiceState) -> None:
    row = await find_subscription_by_stripe_id(state.subscription_id or "")
    if row is not None and _has_failed(state):
        await KINDS[row.kind].mail_failed_payment(row, state)


def _has_failed(invoice: InvoiceState) -> bool:
    is_open = invoice.status in (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)
    is_news = invoice.created > business_now() - _DUNNING
    return is_open and is_news and has_failed(invoice)


async def _book_charges(
    invoice: InvoiceRow, state: InvoiceState, pack: PackOrderRow | None
) -> None:
    """All but those of a purchase; a pack's tokens, and the commission of a plan's affiliate, are
    credited in the same transaction.
    """
    if pack is None and invoice.purchase_id is not None and state.subscription_id is None:
        return
    kind = "PACK_PAYMENT" if pack else await _name_kind(state)
    for charge in state.payments:
        if pack is None and await find_payment_of_charge(charge.id) is not None:
            continue
        payment = _make_payment(invoice, state, charge)
        if not await insert_invoice_payment(payment):
            continue
        await _book_charge(payment, kind)
        if pack is not None:
            await credit_pack(pack, payment)
    if kind in _BOOKED_AS.values():
        await earn_commission(invoice)


async def _name_kind(state: InvoiceState) -> str:
    """What is no plan's was made in Stripe's dashboard."""
    row = await find_subscription_by_stripe_id(state.subscription_id or "")
    kind = row.kind if row else state.metadata.get("kind", "").upper()
    return _BOOKED_AS.get(kind, "DASHBOARD_PAYMENT")


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
    amounts = state.amounts_of(charge)
    return InvoicePaymentRow(
        id=new_id(),
        invoice_id=invoice.id,
        account_id=invoice.account_id,
        stripe_payment_intent_id=charge.payment_intent_id,
        stripe_charge_id=charge.id,
        gross=amounts.gross,
        discount=amounts.discount,
        tax=amounts.tax,
        fee=charge.fee,
        paid_at=charge.created,
    )
