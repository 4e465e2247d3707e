"""What other features do, as events for the account: each in the transaction of the fact.

Ids are those of the API, so that a program can ask for more with them.
"""

from datetime import datetime

from chenu.accounts.actor import AccountId
from chenu.affiliates.model import PayoutId
from chenu.agents.executions import ExecutionRow, Finish
from chenu.agents.payments import PaymentRow
from chenu.agents.purchases import PurchaseRow
from chenu.agents.refunds import SaleRefundRow
from chenu.billing.invoices import InvoiceRow
from chenu.billing.payouts import PayoutState
from chenu.billing.recurring import SubscriptionKind
from chenu.billing.refunds import InvoiceRefundRow
from chenu.billing.subscriptions import SubscriptionRow
from chenu.core.clock import business_now
from chenu.core.global_id import encode_id
from chenu.core.money import Cents
from chenu.tokens.budget_rows import RunningBudget
from chenu.tokens.budget_warnings import TokenWarning
from chenu.webhooks.outgoing import queue_event
from chenu.webhooks.payloads import (
    ExecutionFinished,
    InvoicePaid,
    PayoutPaid,
    PurchaseSettled,
    RefundMade,
    SubscriptionChanged,
    TokensLow,
)


async def tell_of_subscription(
    before: SubscriptionRow | None, after: SubscriptionRow, number: int
) -> None:
    """Where anything that is told has changed; `number` is of Stripe's answer that says so."""
    data = _describe(after)
    if before is None or _describe(before) != data:
        await queue_event(after.account_id, f"subscription:{after.id}:{number}", data)


def _describe(row: SubscriptionRow) -> SubscriptionChanged:
    is_agent = row.kind is SubscriptionKind.AGENT
    return SubscriptionChanged(
        subscription=encode_id("Subscription", row.id),
        subscription_kind=row.kind.value,
        item=encode_id("Agent", row.item) if is_agent else row.item,
        interval=row.billing_interval.value,
        status=row.status.value,
        gives_access=row.gives_access,
        current_period_end=row.period_end,
        cancel_at_period_end=row.cancel_at_period_end,
        trial_ends_at=row.trial_ends_at,
        ended_at=row.ended_at,
        scheduled_item=row.scheduled_item,
    )


async def tell_of_invoice(invoice: InvoiceRow) -> None:
    """One that is paid."""
    data = InvoicePaid(
        invoice=encode_id("Invoice", invoice.id),
        number=invoice.number,
        total_minor=invoice.total,
        tax_minor=invoice.tax,
        paid_at=invoice.paid_at,
    )
    await queue_event(invoice.account_id, f"invoice-paid:{invoice.id}", data)


async def tell_of_purchase(
    purchase: PurchaseRow, paid_at: datetime, payment: PaymentRow | None
) -> None:
    """`payment` None: nothing was charged for it."""
    data = PurchaseSettled(
        purchase=encode_id("Purchase", purchase.id),
        agent=encode_id("Agent", purchase.agent_id),
        price_type=purchase.price_type.value,
        amount_minor=payment.paid if payment else purchase.price_amount,
        paid_at=paid_at,
    )
    await queue_event(purchase.account_id, f"purchase-settled:{purchase.id}", data)


async def tell_of_sale_refund(refund: SaleRefundRow, stripe_refund_id: str) -> None:
    data = RefundMade(
        purchase=encode_id("Purchase", refund.purchase_id),
        amount_minor=refund.amount,
        refunded_at=business_now(),
    )
    await queue_event(refund.account_id, f"refund-made:{stripe_refund_id}", data)


async def tell_of_invoice_refund(refund: InvoiceRefundRow) -> None:
    data = RefundMade(
        invoice=encode_id("Invoice", refund.invoice_id),
        amount_minor=refund.amount,
        refunded_at=refund.refunded_at,
    )
    await queue_event(refund.account_id, f"refund-made:{refund.stripe_refund_id}", data)


async def tell_of_tokens(running: RunningBudget, warning: TokenWarning) -> None:
    data = TokensLow(
        account=encode_id("Account", running.account_id),
        percent=warning.percent,
        budget=warning.budget,
        used=warning.used,
        resets_at=warning.resets_at,
    )
    key = f"tokens-low:{running.id}:{warning.percent}"
    await queue_event(running.account_id, key, data)


async def tell_of_execution(run: ExecutionRow, finish: Finish) -> None:
    data = ExecutionFinished(
        execution=encode_id("Execution", run.id),
        agent=encode_id("Agent", run.agent_id),
        status=finish.status.value,
        tokens_used=finish.tokens_used or 0,
        finished_at=finish.finished_at,
    )
    await queue_event(run.account_id, f"execution-finished:{run.id}", data)


async def tell_of_bank_payout(account_id: AccountId, payout: PayoutState) -> None:
    """By Stripe, of somebody's balance there."""
    data = PayoutPaid(
        payout=payout.id,
        destination="BANK",
        amount_minor=payout.amount,
        paid_at=payout.arrives_at,
    )
    await queue_event(account_id, f"payout-paid:{payout.id}", data)


async def tell_of_affiliate_payout(
    account_id: AccountId, payout_id: PayoutId, amount: Cents
) -> None:
    """By us to the affiliate's balance at Stripe."""
    data = PayoutPaid(
        payout=encode_id("Payout", payout_id),
        destination="STRIPE_BALANCE",
        amount_minor=amount,
        paid_at=business_now(),
    )
    await queue_event(account_id, f"payout-paid:{payout_id}", data)
