"""Stripe's subscriptions as we have them, and what follows from them. docs/decisions/0024.

A subscription is asked about under a number, and the newest answer wins: the order of events, and
how often they come, do not matter. What its states mean, each kind says in its own package.
"""

from collections.abc import Iterable

import msgspec

from chenu.accounts.actor import AccountId
from chenu.accounts.customers import find_account_of_customer
from chenu.billing.ports import SubscriptionPort
from chenu.billing.recurring import SubscriptionKind, SubscriptionState
from chenu.billing.subscriptions import (
    SubscribedItems,
    SubscriptionRow,
    find_subscription_by_stripe_id,
    store_subscription,
)
from chenu.core import db, queue
from chenu.core.fetched import Fetched, fetch
from chenu.flows.purchases.monthly_states import AGENT_RULES
from chenu.flows.subscription_kinds import StateChange, SubscriptionRules
from chenu.flows.subscriptions.tiers import TIER_RULES
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    OperationState,
    create_operation_after,
    find_last,
)

KINDS: dict[SubscriptionKind, SubscriptionRules] = {
    rules.kind: rules for rules in (TIER_RULES, AGENT_RULES)
}


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
    """In the caller's transaction: the mirror, and what its kind says that follows."""
    state = fetched.value
    account_id, rules = await _find_account(state), _find_rules(state)
    if account_id is None or rules is None:
        return False
    await lock_subscriptions(account_id, rules.kind)
    before = await find_subscription_by_stripe_id(state.id)
    if not await store_subscription(account_id, rules.kind, _items_of(rules, state), fetched):
        return True
    after = await find_subscription_by_stripe_id(state.id)
    if after is not None:
        await end_all(await rules.adopt(StateChange(account_id, before, after, fetched)))
    return True


def _find_rules(state: SubscriptionState) -> SubscriptionRules | None:
    """None for a product that is not ours."""
    return next((rules for rules in KINDS.values() if rules.find_item(state.product_id)), None)


def _items_of(rules: SubscriptionRules, state: SubscriptionState) -> SubscribedItems:
    """With what waits, where that is of the same kind."""
    scheduled, pending = state.scheduled, state.pending
    return SubscribedItems(
        rules.find_item(state.product_id) or "",
        scheduled=rules.find_item(scheduled.product_id) if scheduled else None,
        pending=rules.find_item(pending.product_id) if pending else None,
    )


async def _find_account(state: SubscriptionState) -> AccountId | None:
    """Also of a customer that was deleted at Stripe, whose subscriptions end with it."""
    known = await find_subscription_by_stripe_id(state.id)
    return known.account_id if known else await find_account_of_customer(state.customer_id)


async def lock_subscriptions(account_id: AccountId, kind: SubscriptionKind) -> None:
    """Until the transaction ends: one subscription of a kind begins or changes at a time."""
    await db.lock_until_commit(f"subscription:{account_id}:{kind}")


async def end_all(subscriptions: Iterable[SubscriptionRow]) -> None:
    """At once: nobody has anything of them, such as the second of two that began together."""
    for each in subscriptions:
        operation = await create_end_operation(each)
        await queue.enqueue(queue.Job.OPERATION, str(operation.id))


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
