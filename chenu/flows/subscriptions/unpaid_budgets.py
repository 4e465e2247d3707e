"""How much of a plan's monthly budgets is unpaid: what was returned of the invoices that paid them.

docs/decisions/0044.
"""

from collections.abc import Sequence

from chenu.billing.invoices import (
    InvoiceRow,
    list_invoice_payments,
    list_subscription_invoices,
)
from chenu.billing.recurring import SubscriptionKind
from chenu.billing.refunds import list_refunds_of_invoices
from chenu.billing.subscriptions import SubscriptionRow, find_subscription_by_stripe_id
from chenu.tokens.budget_rows import WHOLE_SHARE, lock_plan_budgets, set_unpaid_share
from chenu.tokens.budget_rules import BudgetPeriod
from chenu.tokens.budgets import return_withheld


async def follow_returned_money(invoice: InvoiceRow) -> None:
    """In the transaction that books a refund of it, or one that came back."""
    plan = await find_subscription_by_stripe_id(invoice.stripe_subscription_id or "")
    if plan is None or plan.kind is not SubscriptionKind.TIER:
        return
    budgets = await lock_plan_budgets(plan.account_id)
    paid = [each for each in budgets if _is_of(plan, each) and pays_for(invoice, each)]
    invoices = await list_subscription_invoices(plan.stripe_subscription_id) if paid else []
    for budget in paid:
        share = await _find_share([each for each in invoices if pays_for(each, budget)])
        await set_unpaid_share(budget.id, share)
    if paid:
        await return_withheld(plan.account_id)


async def mark_never_paid(plan: SubscriptionRow) -> None:
    """In the transaction that learns that its last period was never paid."""
    for budget in await lock_plan_budgets(plan.account_id):
        if _is_of(plan, budget) and budget.starts_at >= plan.period_start:
            await set_unpaid_share(budget.id, WHOLE_SHARE)


def pays_for(invoice: InvoiceRow, budget: BudgetPeriod) -> bool:
    """Of its period, or of an upgrade within it; one of a month that a year replaced does not."""
    return invoice.period_start < budget.ends_at <= invoice.period_end


def _is_of(plan: SubscriptionRow, budget: BudgetPeriod) -> bool:
    """Another plan may begin in the second in which this one ends."""
    ended_at = plan.ended_at
    is_before_end = ended_at is None or budget.starts_at < ended_at
    return plan.created_at <= budget.starts_at and (
        is_before_end or budget.starts_at == plan.period_start
    )


async def _find_share(invoices: Sequence[InvoiceRow]) -> int:
    ids = [each.id for each in invoices]
    paid = sum(each.paid for each in await list_invoice_payments(ids))
    refunds = await list_refunds_of_invoices(ids)
    returned = sum(each.amount for each in refunds if each.failed_at is None)
    return WHOLE_SHARE * returned // paid if paid else 0
