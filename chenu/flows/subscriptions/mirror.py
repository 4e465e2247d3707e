"""Stripe's subscriptions as we have them, and what follows from them. docs/decisions/0024.

A subscription is asked about under a number, and the newest answer wins: the order of events, and
how often they come, do not matter. What its states mean, each kind says in its own package.
"""

import structlog

from chenu.accounts.actor import AccountId
from chenu.accounts.customers import find_account_of_customer
from chenu.analytics.movements import record_movement
from chenu.billing.ports import SubscriptionPort
from chenu.billing.recurring import SubscriptionKind, SubscriptionState
from chenu.billing.subscriptions import (
    SubscribedItems,
    SubscriptionRow,
    find_subscription_by_stripe_id,
    store_subscription,
)
from chenu.core import db
from chenu.core.fetched import Fetched, fetch
from chenu.flows.purchases.monthly_states import AGENT_RULES
from chenu.flows.subscription_ends import end_all
from chenu.flows.subscription_kinds import StateChange, SubscriptionRules
from chenu.flows.subscriptions.api_plans import API_PLAN_RULES
from chenu.flows.subscriptions.tiers import TIER_RULES
from chenu.flows.webhooks.facts import tell_of_subscription

log = structlog.get_logger(__name__)

KINDS: dict[SubscriptionKind, SubscriptionRules] = {
    rules.kind: rules for rules in (TIER_RULES, AGENT_RULES, API_PLAN_RULES)
}


async def follow_subscription(subscriptions: SubscriptionPort, subscription_id: str) -> bool:
    """Ask Stripe, and adopt the answer; False for a subscription that is not ours.

    Raises OutcomeUnknown, StripeRefusal.
    """
    fetched = await fetch(lambda: subscriptions.get_subscription(subscription_id))

    async def adopt() -> bool:
        return await adopt_subscription(fetched)

    return await db.run_in_transaction(adopt)


async def adopt_subscription(fetched: Fetched[SubscriptionState]) -> bool:
    """In the caller's transaction: the mirror, and what its kind says that follows.

    The account of one that is known stays, though its customer was deleted at Stripe.
    """
    state = fetched.value
    known = await find_subscription_by_stripe_id(state.id)
    account_id = known.account_id if known else await find_account_of_customer(state.customer_id)
    rules = KINDS[known.kind] if known else _find_rules(state)
    if account_id is None or rules is None:
        return False
    if known is None and state.interval is None:
        log.error("unknown_interval", subscription=state.id, price=state.price_id)
        return False
    await lock_subscriptions(account_id, rules.kind)
    before = await find_subscription_by_stripe_id(state.id)
    items = _items_of(rules, state, before)
    if not await store_subscription(account_id, rules.kind, items, fetched):
        return True
    await record_movement(account_id)
    after = await find_subscription_by_stripe_id(state.id)
    if after is not None:
        superfluous = await rules.adopt(StateChange(account_id, before, after, fetched))
        await end_all(superfluous, is_second=True)
        await tell_of_subscription(before, after, fetched.number)
    return True


def _find_rules(state: SubscriptionState) -> SubscriptionRules | None:
    """None for a product that is not ours."""
    return next((rules for rules in KINDS.values() if rules.find_item(state.product_id)), None)


def _items_of(
    rules: SubscriptionRules, state: SubscriptionState, before: SubscriptionRow | None
) -> SubscribedItems:
    """With what waits, where that is of the same kind.

    A product that is none of its kind, or a price by the week, was chosen in Stripe's dashboard: it
    stays what it was, and its states are followed until its end.
    """
    scheduled, pending = state.scheduled, state.pending
    item = rules.find_item(state.product_id)
    if item is None:
        log.error("unknown_product", subscription=state.id, product=state.product_id)
    return SubscribedItems(
        item or (before.item if before else ""),
        scheduled=rules.find_item(scheduled.product_id) if scheduled else None,
        pending=rules.find_item(pending.product_id) if pending else None,
        interval=before.billing_interval if before else None,
    )


async def lock_subscriptions(account_id: AccountId, kind: SubscriptionKind) -> None:
    """Until the transaction ends: one subscription of a kind begins or changes at a time."""
    await db.lock_until_commit(f"subscription:{account_id}:{kind}")
