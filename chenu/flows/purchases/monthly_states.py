"""Monthly agents: what the states of their subscriptions mean for purchase and access.

Access is given by a paid invoice and a subscription that gives it, whichever of the two is known
first; docs/decisions/0040.
"""

from collections.abc import Mapping, Sequence

from chenu.agents.access import give_access, move_access_end, stop_access
from chenu.agents.model import GrantSource, PurchaseId, PurchaseStatus
from chenu.agents.purchases import (
    PurchaseRow,
    find_purchase,
    find_purchase_of_subscription,
    get_purchase,
    move_status,
    record_subscription,
)
from chenu.billing.recurring import InvoiceState, SubscriptionKind, SubscriptionStatus
from chenu.billing.subscriptions import SubscriptionRow, find_subscription_by_stripe_id
from chenu.core.clock import business_now
from chenu.core.ids import find_id
from chenu.flows.mirrors.agent_price import find_agent_of_product
from chenu.flows.purchases.monthly_mails import mail_failed_payment, mail_monthly_changes
from chenu.flows.subscription_kinds import StateChange, SubscriptionRules

_UNPAID = (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID)
_DECIDED = (PurchaseStatus.REFUNDED, PurchaseStatus.DISPUTED)
"""What was decided about its money; its subscription does not change that."""


class AgentRules(SubscriptionRules):
    kind = SubscriptionKind.AGENT

    def find_item(self, product_id: str) -> str | None:
        agent_id = find_agent_of_product(product_id)
        return None if agent_id is None else str(agent_id)

    async def adopt(self, change: StateChange) -> Sequence[SubscriptionRow]:
        """One that was made in Stripe's dashboard is of no purchase, and gives nothing."""
        state = change.fetched.value
        purchase = await find_monthly_purchase(state.id, state.metadata)
        if purchase is None or purchase.account_id != change.account_id:
            return ()
        await record_subscription(purchase.id, state.id)
        await mail_monthly_changes(purchase, change)
        return await settle_monthly(purchase.id)

    async def mail_failed_payment(self, row: SubscriptionRow, invoice: InvoiceState) -> None:
        purchase = await find_purchase_of_subscription(row.stripe_subscription_id)
        if purchase is not None:
            await mail_failed_payment(purchase, invoice)


AGENT_RULES = AgentRules()


async def find_monthly_purchase(
    subscription_id: str, metadata: Mapping[str, str]
) -> PurchaseRow | None:
    """By its subscription, or by what our payment page said of it."""
    found = await find_purchase_of_subscription(subscription_id)
    reference = find_id(metadata.get("purchase_id")) if metadata.get("kind") == "agent" else None
    if found is None and reference is not None:
        found = await find_purchase(PurchaseId(reference))
    return found if found is not None and found.is_monthly else None


async def settle_monthly(
    purchase_id: PurchaseId, *, is_lost: bool = False
) -> Sequence[SubscriptionRow]:
    """Status and access as they are by now; its subscription, if nobody has anything of it.

    In a transaction, under the account's lock for this kind. Again changes nothing. `is_lost`: the
    buyer's bank took the money back for good.
    """
    purchase = await get_purchase(purchase_id, lock=True)
    row = await find_subscription_by_stripe_id(purchase.stripe_subscription_id or "")
    if row is None:
        return ()
    if is_lost or purchase.status is PurchaseStatus.REFUNDED:
        return (row,) if row.is_live else ()
    if purchase.paid_at is not None:
        await _follow(purchase, row)
    elif not row.is_live and purchase.is_pending:
        await move_status(purchase.id, PurchaseStatus.CANCELED, failure_code="not_paid")
    return ()


async def _follow(purchase: PurchaseRow, row: SubscriptionRow) -> None:
    status = _status_of(row)
    if purchase.status not in (*_DECIDED, status):
        await move_status(purchase.id, status)
    await give_access(purchase.account_id, purchase.agent_id, GrantSource.SUBSCRIPTION, purchase.id)
    if row.gives_access:
        await move_access_end(purchase.id, row.access_ends_at)
    else:
        await stop_access(purchase.id, row.ended_at or business_now())


def _status_of(row: SubscriptionRow) -> PurchaseStatus:
    if not row.is_live:
        return PurchaseStatus.ENDED
    if row.status in _UNPAID:
        return PurchaseStatus.PAST_DUE
    return PurchaseStatus.CANCELED if row.cancel_at_period_end else PurchaseStatus.ACTIVE
