"""The paid invoices of monthly agents: each charge is a payment, split and transferred as a sale.

Shared by request, webhook and repair, as all of a settle; docs/money.md, "Monthly agents".
"""

from collections.abc import Sequence

from msgspec.structs import replace

from chenu.agents.model import PurchaseStatus
from chenu.agents.payments import CREDIT, PaymentRow, insert_payment
from chenu.agents.pricing import split_sale
from chenu.agents.purchases import PurchaseRow, get_purchase, mark_paid, record_subscription
from chenu.agents.queries import find_agent
from chenu.agents.rows import AgentRow
from chenu.billing.disputes import list_disputes_of_purchases
from chenu.billing.gateway import Charge
from chenu.billing.recurring import InvoiceState
from chenu.billing.subscriptions import SubscriptionRow
from chenu.core.crash_points import crash_point
from chenu.core.errors import NotFound
from chenu.core.money import Cents
from chenu.flows.purchases.monthly_states import find_monthly_purchase, settle_monthly
from chenu.flows.purchases.pay_creator import create_transfer_operation
from chenu.flows.purchases.return_payment import create_return
from chenu.flows.purchases.reversals import lock_creator_money
from chenu.flows.purchases.sale_mails import tell_creator
from chenu.flows.purchases.settle_purchase import (
    book_payment,
    make_payment,
    send_receipt,
    why_not_fulfilled,
)
from chenu.flows.webhooks.facts import tell_of_purchase
from chenu.ledger.accounts import BUYER_PAYMENTS, PLATFORM_REVENUE, TAX_PAYABLE
from chenu.ledger.amounts import euros
from chenu.ledger.journal import LedgerTransaction, credit, debit, post

_FIRST = "subscription_create"


async def find_purchase_of_invoice(state: InvoiceState) -> PurchaseRow | None:
    """The monthly purchase that an invoice is for; None for every other invoice."""
    if state.subscription_id is None:
        return None
    return await find_monthly_purchase(state.subscription_id, state.metadata)


async def book_monthly_invoice(
    purchase: PurchaseRow, state: InvoiceState
) -> Sequence[SubscriptionRow]:
    """Its charges, and what the first paid invoice begins; as `settle_monthly`.

    Nothing of an invoice that Stripe is still booking. Again changes nothing.
    """
    if not state.is_booked:
        return ()
    await record_subscription(purchase.id, state.subscription_id or "")
    purchase = await get_purchase(purchase.id, lock=True)
    made = [_make_payment(purchase, state, charge) for charge in state.payments]
    new = [payment for payment in made if await insert_payment(payment)]
    await lock_creator_money(purchase.creator_id)
    for payment in new:
        await book_payment(payment)
    is_first = state.billing_reason == _FIRST and state.is_paid and purchase.paid_at is None
    reason = (
        await _begin(purchase, state, new) if is_first else await _why_returned(purchase, state)
    )
    for payment in new:
        if reason is None:
            await create_transfer_operation(payment)
        else:
            await create_return(purchase, payment, await _get_agent(purchase), reason)
    if reason is None:
        await _book_credit(purchase, state)
    crash_point("monthly_invoice.inside_settle")
    return await settle_monthly(purchase.id)


async def _book_credit(purchase: PurchaseRow, state: InvoiceState) -> None:
    """What the buyer's credit paid is split as well: it was our revenue when it came about."""
    if not state.credit:
        return
    name, paid_at = f"{CREDIT}{state.id}", state.paid_at or state.created
    credit_used = Charge(name, name, state.credit, Cents(0), Cents(0), None, paid_at)
    whole = replace(state, payments=(*state.payments, credit_used))
    payment = _make_payment(purchase, whole, credit_used)
    if not await insert_payment(payment):
        return
    await book_payment(payment)
    await post(
        LedgerTransaction(
            business_key=f"credit:{state.id}",
            kind="CREDIT_USED",
            account_id=payment.account_id,
            subject_id=payment.id,
            entries=(
                debit(PLATFORM_REVENUE, euros(payment.split.net)),
                debit(TAX_PAYABLE, euros(payment.tax)),
                credit(BUYER_PAYMENTS, euros(payment.paid)),
            ),
        )
    )
    await create_transfer_operation(payment)


async def _why_returned(purchase: PurchaseRow, state: InvoiceState) -> str | None:
    """A renewal of what was given back already, or of what a dispute had frozen by then."""
    if purchase.status is PurchaseStatus.REFUNDED:
        return "already_owned"
    if purchase.status is not PurchaseStatus.DISPUTED:
        return None
    paid_at = state.paid_at or state.created
    disputes = await list_disputes_of_purchases([purchase.id])
    is_frozen = any(each.is_taken and each.created_at < paid_at for each in disputes)
    return "disputed" if is_frozen else None


async def _begin(
    purchase: PurchaseRow, state: InvoiceState, payments: Sequence[PaymentRow]
) -> str | None:
    """Why it may not begin any more; None if it has begun."""
    agent = await _get_agent(purchase)
    reason = await why_not_fulfilled(purchase, agent)
    paid_at = state.paid_at or state.created
    if reason is not None:
        await mark_paid(purchase.id, PurchaseStatus.REFUNDED, paid_at)
        return reason
    await mark_paid(purchase.id, PurchaseStatus.ACTIVE, paid_at)
    payment = payments[0] if payments else None
    await send_receipt(purchase, agent, paid_at, payment, renews_at=state.period_end)
    await tell_of_purchase(purchase, paid_at, payment)
    if payment is not None:
        await tell_creator(agent, payment)
    return None


async def _get_agent(purchase: PurchaseRow) -> AgentRow:
    agent = await find_agent(purchase.agent_id)
    if agent is None:
        raise NotFound("There is no such agent")
    return agent


def _make_payment(purchase: PurchaseRow, state: InvoiceState, charge: Charge) -> PaymentRow:
    amounts = state.amounts_of(charge)
    split = split_sale(amounts.gross, discount=amounts.discount, tax=amounts.tax)
    return make_payment(
        purchase, charge, split, stripe_invoice_id=state.id, invoice_url=state.hosted_url
    )
