"""Refunds of monthly agents: one payment each; whole of the latest one, the subscription ends.

docs/money.md, "Refunds of agents"; docs/decisions/0042.
"""

from chenu.agents.access import restore_access, revoke_access
from chenu.agents.model import PurchaseId, PurchaseStatus
from chenu.agents.payments import list_payments
from chenu.agents.purchases import PurchaseRow, get_purchase, move_status
from chenu.billing.recurring import SubscriptionKind
from chenu.flows.purchases.monthly_states import settle_monthly
from chenu.flows.subscription_ends import end_all, lock_subscriptions


async def lock_purchase(purchase_id: PurchaseId) -> PurchaseRow:
    """Until the transaction ends; of a monthly one with what may change its subscription."""
    purchase = await get_purchase(purchase_id)
    if purchase.is_monthly:
        await lock_subscriptions(purchase.account_id, SubscriptionKind.AGENT)
    return await get_purchase(purchase_id, lock=True)


async def follow_monthly_refunds(purchase: PurchaseRow, reason: str, *, may_restore: bool) -> None:
    """Status and access, by what went back of the latest payment; earlier months were used.

    `may_restore`: nothing else gives access.
    """
    payments = await list_payments([purchase.id])
    latest = payments[0]
    if latest.refunded == latest.paid:
        await move_status(purchase.id, PurchaseStatus.REFUNDED)
        await revoke_access(purchase.id, reason)
    elif purchase.status is PurchaseStatus.REFUNDED and may_restore:
        await move_status(purchase.id, PurchaseStatus.ACTIVE)
        await restore_access(purchase.id, reason)
        await settle_monthly(purchase.id)


async def end_refunded(purchase: PurchaseRow) -> None:
    """Once Stripe has made a refund: nobody pays on for what was given back whole."""
    if purchase.is_monthly:
        await end_all(await settle_monthly(purchase.id))
