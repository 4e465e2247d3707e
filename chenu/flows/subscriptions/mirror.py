"""Stripe's subscriptions as we have them, and the tier that follows. docs/decisions/0024.

A subscription is asked about under a number, and the newest answer wins: the order of events, and
how often they come, do not matter.
"""

import msgspec

from chenu.accounts.actor import AccountId
from chenu.accounts.customers import find_account_of_customer, get_billed_person
from chenu.accounts.tiers import Period, set_tier
from chenu.billing.contracts import find_running_contract
from chenu.billing.ports import SubscriptionPort
from chenu.billing.recurring import SubscriptionKind, SubscriptionState, SubscriptionStatus
from chenu.billing.subscription_orders import OrderId, OrderStatus, end_order
from chenu.billing.subscriptions import (
    SubscribedItems,
    SubscriptionRow,
    find_subscription_by_stripe_id,
    list_live_subscriptions,
    store_subscription,
)
from chenu.billing.trial_reminders import schedule_reminder
from chenu.billing.trials import record_trial
from chenu.core import db
from chenu.core.fetched import Fetched, fetch
from chenu.core.ids import find_id
from chenu.flows.coupons.restore import restore_lost_coupon
from chenu.flows.subscriptions.mails import mail_plan_changes
from chenu.flows.subscriptions.plans import find_tier_of_product
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation_after,
    find_last,
)
from chenu.tiers.catalogue import TierCode
from chenu.tokens.budget_rows import mark_budgets_unpaid
from chenu.tokens.budgets import settle_budget


class EndParams(msgspec.Struct, frozen=True):
    """Of the operation that ends a subscription at once."""

    subscription_id: str


async def follow_subscription(subscriptions: SubscriptionPort, subscription_id: str) -> bool:
    """Ask Stripe, and adopt the answer; False for a subscription that is not ours.

    Raises OutcomeUnknown, StripeRefusal.
    """
    fetched = await fetch(lambda: subscriptions.get_subscription(subscription_id))

    async def adopt() -> bool:
        return await adopt_subscription(fetched)

    return await db.run_in_transaction(adopt)


async def adopt_subscription(fetched: Fetched[SubscriptionState]) -> bool:
    """In the caller's transaction: the mirror, the order that made it, and the account's tier."""
    state = fetched.value
    account_id = await _find_account(state)
    tier = find_tier_of_product(state.product_id)
    if account_id is None or tier is None:
        return False
    kind = SubscriptionKind.TIER
    await lock_subscriptions(account_id, kind)
    before = await find_subscription_by_stripe_id(state.id)
    if await store_subscription(account_id, kind, _items_of(tier, state), fetched):
        await _complete_order(account_id, state)
        live = await list_live_subscriptions(account_id, kind)
        await restore_lost_coupon(live, state)
        await end_duplicates(live)
        if state.is_ended_unpaid:
            await mark_budgets_unpaid(account_id)
        now = await _grant_tier(account_id, live)
        if live or now is TierCode.FREE:  # a contract that takes over is announced by people
            await _announce(before, fetched, live)
    return True


def _items_of(tier: TierCode, state: SubscriptionState) -> SubscribedItems:
    """With what waits, where that is a tier."""
    scheduled, pending = state.scheduled, state.pending
    return SubscribedItems(
        tier,
        scheduled=find_tier_of_product(scheduled.product_id) if scheduled else None,
        pending=find_tier_of_product(pending.product_id) if pending else None,
    )


async def _announce(
    before: SubscriptionRow | None,
    fetched: Fetched[SubscriptionState],
    live: list[SubscriptionRow],
) -> None:
    """By mail, unless it is a second subscription, which ends unnoticed."""
    after = await find_subscription_by_stripe_id(fetched.value.id)
    if after is None or (live and live[0].id != after.id):
        return
    await schedule_reminder(after)
    is_unpaid = fetched.value.is_ended_unpaid
    await mail_plan_changes(before, after, fetched.number, is_unpaid=is_unpaid)


async def _find_account(state: SubscriptionState) -> AccountId | None:
    """Also of a customer that was deleted at Stripe, whose subscriptions end with it."""
    known = await find_subscription_by_stripe_id(state.id)
    return known.account_id if known else await find_account_of_customer(state.customer_id)


async def lock_subscriptions(account_id: AccountId, kind: SubscriptionKind) -> None:
    """Until the transaction ends: one subscription of a kind begins or changes at a time."""
    await db.lock_until_commit(f"subscription:{account_id}:{kind}")


async def _complete_order(account_id: AccountId, state: SubscriptionState) -> None:
    """The metadata names the order whose page made the subscription."""
    reference = find_id(state.metadata.get("order_id"))
    if reference is None:
        return
    order_id = OrderId(reference)
    await end_order(order_id, OrderStatus.COMPLETED, subscription_id=state.id)
    if state.trial_ends_at is not None:
        owner = await get_billed_person(account_id)
        if not owner.is_closed:
            await record_trial(owner.email, order_id)


async def end_duplicates(live: list[SubscriptionRow]) -> None:
    """Two pages that were completed at once: the first subscription stays."""
    for extra in live[1:]:
        await create_end_operation(extra)


async def create_end_operation(subscription: SubscriptionRow) -> OperationRow:
    """The operation that ends it at once; one that was refused is followed by another."""
    stripe_id = subscription.stripe_subscription_id
    key = f"end:{stripe_id}"
    last = await find_last((OperationKind.SUBSCRIPTION_END,), subscription.id, key)
    if last is not None and last.state != OperationState.FAILED:
        return last
    new = NewOperation(
        OperationKind.SUBSCRIPTION_END,
        key,
        EndParams(stripe_id),
        subject_id=subscription.id,
        account_id=subscription.account_id,
    )
    return await create_operation_after(new, last)


async def settle_tier(account_id: AccountId) -> None:
    """In the caller's transaction, under the account's lock: the tier as it is by now."""
    await _grant_tier(account_id, await list_live_subscriptions(account_id, SubscriptionKind.TIER))


async def _grant_tier(account_id: AccountId, live: list[SubscriptionRow]) -> TierCode:
    """What a contract that runs gives, else the subscription that gives access, else FREE."""
    plan = next((each for each in live if each.gives_access), None)
    period = _period_of(plan) if plan else None
    tier = TierCode(plan.item) if plan else TierCode.FREE
    if await find_running_contract(account_id) is not None:
        tier, period = TierCode.ENTERPRISE, None
    await set_tier(account_id, tier, period)
    await settle_budget(account_id)
    return tier


def _period_of(plan: SubscriptionRow) -> Period:
    is_trial = plan.status is SubscriptionStatus.TRIALING
    return Period(plan.period_start, plan.period_end, is_trial)
