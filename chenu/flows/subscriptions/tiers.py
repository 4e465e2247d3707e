"""Tiers: what the states of their subscriptions mean, and the tier that follows from them."""

from collections.abc import Sequence

from chenu.accounts.actor import AccountId
from chenu.accounts.customers import get_billed_person, list_accounts_of_owner
from chenu.accounts.tiers import Period, set_tier
from chenu.billing.contracts import find_running_contract
from chenu.billing.recurring import (
    InvoiceState,
    SubscriptionKind,
    SubscriptionStatus,
)
from chenu.billing.subscription_orders import OrderId, OrderStatus, end_order
from chenu.billing.subscriptions import SubscriptionRow, list_live_subscriptions
from chenu.billing.trial_reminders import schedule_reminder
from chenu.billing.trials import has_trial_behind, record_trial
from chenu.core import queue
from chenu.core.ids import find_id
from chenu.flows.coupons.restore import restore_lost_coupon
from chenu.flows.subscription_kinds import StateChange, SubscriptionRules
from chenu.flows.subscriptions.mails import mail_failed_payment, mail_plan_changes
from chenu.flows.subscriptions.plans import find_tier_of_product
from chenu.flows.subscriptions.trial_refusals import has_failed_to_end, refuse_trial
from chenu.flows.subscriptions.unpaid_budgets import mark_never_paid
from chenu.tiers.catalogue import TierCode
from chenu.tokens.budgets import settle_budget


class TierRules(SubscriptionRules):
    kind = SubscriptionKind.TIER

    def find_item(self, product_id: str) -> str | None:
        return find_tier_of_product(product_id)

    async def adopt(self, change: StateChange) -> Sequence[SubscriptionRow]:
        """Two pages that were completed at once: the first subscription stays."""
        account_id, state = change.account_id, change.fetched.value
        is_trial_due = await _complete_order(change)
        live = await list_live_subscriptions(account_id, self.kind)
        await restore_lost_coupon(live, state)
        if state.is_ended_unpaid:
            await mark_never_paid(change.after)
        now = await _grant_tier(account_id, live)
        is_first = bool(live) and live[0].id == change.after.id
        if is_first and (not is_trial_due or await has_failed_to_end(change.after)):
            await _refuse_trial(change.after)
        elif live or now is TierCode.FREE:  # a contract that takes over is announced by people
            await _announce(change, live)
        return live[1:]

    async def mail_failed_payment(self, row: SubscriptionRow, invoice: InvoiceState) -> None:
        await mail_failed_payment(row, invoice)


TIER_RULES = TierRules()


async def _refuse_trial(plan: SubscriptionRow) -> None:
    refusal = await refuse_trial(plan)
    if refusal is not None:
        await queue.enqueue(queue.Job.OPERATION, str(refusal.id))


async def _complete_order(change: StateChange) -> bool:
    """The metadata names the order whose page made the subscription. False: its trial is not due.

    It was when the page opened; its owner may have completed another account's page since.
    """
    state = change.fetched.value
    reference = find_id(state.metadata.get("order_id"))
    if reference is None:
        return True
    order_id = OrderId(reference)
    await end_order(order_id, OrderStatus.COMPLETED, subscription_id=state.id)
    return state.trial_ends_at is None or await _record_trial(change, order_id)


async def _record_trial(change: StateChange, order_id: OrderId) -> bool:
    """Whether it is its owner's first; asked once, when the trial has begun."""
    account_id, plan = change.account_id, change.after
    owner = await get_billed_person(account_id)
    if owner.is_closed:
        return True
    is_first = await record_trial(owner.email, order_id)
    if change.before is not None or plan.status is not SubscriptionStatus.TRIALING:
        return True
    accounts = await list_accounts_of_owner(account_id)
    return is_first and not await has_trial_behind(accounts, other_than=plan.id)


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


async def _announce(change: StateChange, live: list[SubscriptionRow]) -> None:
    """By mail, unless it is a second subscription, which ends unnoticed."""
    after = change.after
    if live and live[0].id != after.id:
        return
    await schedule_reminder(after)
    is_unpaid = change.fetched.value.is_ended_unpaid
    await mail_plan_changes(change.before, after, change.fetched.number, is_unpaid=is_unpaid)
