"""One change of a plan after another: each is an operation that follows the one before.

What is chosen last takes the place of whatever waited. docs/money.md, "Changing a plan".
"""

from contextlib import suppress

import msgspec

from chenu.accounts.actor import AccountId, Actor
from chenu.billing.gateway import StripeRefusal
from chenu.billing.plan_changes import WaitingChange
from chenu.billing.recurring import SubscriptionKind
from chenu.billing.subscriptions import (
    SubscriptionRow,
    list_live_subscriptions,
    list_subscriptions_by_id,
)
from chenu.core import db
from chenu.core.errors import InvalidState, ProviderUnavailable
from chenu.core.i18n import mark
from chenu.flows.checkout_pages import PaymentFailed
from chenu.flows.operations.runner import run_operation
from chenu.flows.services import Services
from chenu.flows.subscriptions.mirror import follow_subscription, lock_subscriptions
from chenu.ledger.operations import (
    NewOperation,
    OperationKind,
    OperationRow,
    create_operation_after,
    find_last,
)
from chenu.tiers.catalogue import TierCode

MOST_CHANGES = 4
"""How often a request begins anew: what somebody else has under way comes first."""

_CHANGES = (
    OperationKind.SUBSCRIPTION_RENEWAL,
    OperationKind.SUBSCRIPTION_CHANGE,
    OperationKind.SUBSCRIPTION_SCHEDULE,
)

_HAS_CONTRACT = mark("A contract runs for this account: it needs no plan beside it")
_NO_PLAN = mark("This account has no paid plan")
_NO_API_PLAN = mark("This account has no paid API plan: start one first")
_ENDED = mark("This subscription has ended")
_REFUSED = mark("The payment service did not accept this change. Nothing was changed")


def require_no_contract(actor: Actor) -> None:
    """Raises InvalidState: a plan beside a contract only ends."""
    if actor.tier is TierCode.ENTERPRISE:
        raise InvalidState(_HAS_CONTRACT)


async def get_live_plan(
    account_id: AccountId, kind: SubscriptionKind = SubscriptionKind.TIER
) -> SubscriptionRow:
    """Raises InvalidState without one."""
    live = await list_live_subscriptions(account_id, kind)
    if not live:
        raise InvalidState(_NO_API_PLAN if kind is SubscriptionKind.API_PLAN else _NO_PLAN)
    return live[0]


async def fetch_live_plan(
    services: Services, account_id: AccountId, kind: SubscriptionKind = SubscriptionKind.TIER
) -> SubscriptionRow:
    """As Stripe has it now. Raises InvalidState without one, PaymentFailed, OutcomeUnknown."""
    await _follow(services, await get_live_plan(account_id, kind))
    return await get_live_plan(account_id, kind)


async def fetch_again(services: Services, subscription: SubscriptionRow) -> SubscriptionRow:
    """Of any kind, as Stripe has it now. Raises as `fetch_live_plan`."""
    await _follow(services, subscription)
    row = await get_plan(subscription)
    if not row.is_live:
        raise InvalidState(_ENDED)
    return row


async def _follow(services: Services, subscription: SubscriptionRow) -> None:
    try:
        await follow_subscription(services.subscriptions, subscription.stripe_subscription_id)
    except StripeRefusal as refusal:
        raise refused() from refusal


async def look_again(
    services: Services, account_id: AccountId, kind: SubscriptionKind = SubscriptionKind.TIER
) -> None:
    """Repair on read: whoever comes back from paying a change need not wait for an event."""
    for plan in await list_live_subscriptions(account_id, kind):
        if plan.is_payment_waiting:
            with suppress(ProviderUnavailable, StripeRefusal):
                await follow_subscription(services.subscriptions, plan.stripe_subscription_id)


async def get_plan(plan: SubscriptionRow) -> SubscriptionRow:
    """The same plan as it is now, even when it has ended."""
    return (await list_subscriptions_by_id([plan.id]))[0]


def refused() -> PaymentFailed:
    return PaymentFailed(_REFUSED)


def find_waiting(plan: SubscriptionRow) -> WaitingChange:
    """What has to go before another change."""
    return WaitingChange(plan.schedule_id, plan.pending_invoice_id)


async def finish_open_change(services: Services, plan: SubscriptionRow) -> None:
    """For a request that is repeated because its answer was lost: no need to wait for repair."""
    last = await find_last(_CHANGES, plan.id, _change_key(plan))
    if last is not None and last.is_open:
        with suppress(ProviderUnavailable):  # the plan is as it was chosen all the same
            await run_operation(services, last.id)


def _change_key(plan: SubscriptionRow) -> str:
    return f"change:{plan.stripe_subscription_id}"


@db.transactional
async def create_change(
    plan: SubscriptionRow, kind: OperationKind, params: msgspec.Struct
) -> OperationRow | None:
    """The operation; the one before it where that is open; None if the plan is another by now."""
    await lock_subscriptions(plan.account_id, plan.kind)
    if await get_plan(plan) != plan:
        return None
    key = _change_key(plan)
    last = await find_last(_CHANGES, plan.id, key)
    if last is not None and last.is_open:
        return last
    new = NewOperation(kind, key, params, subject_id=plan.id, account_id=plan.account_id)
    return await create_operation_after(new, last)
