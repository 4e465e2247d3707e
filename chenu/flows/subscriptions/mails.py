"""What is mailed about a plan, in the transaction that observes it at Stripe.

Each mail follows from a difference between the stored subscription and Stripe's newest answer,
whoever changed it: a page of ours, Stripe's portal, its dashboard, or time.
"""

from typing import Any

from chenu.accounts.customers import Mailbox, get_mailbox
from chenu.billing.recurring import (
    InvoiceState,
    SubscriptionKind,
    SubscriptionStatus,
)
from chenu.billing.renewals import RenewalPreview
from chenu.billing.subscriptions import TRIAL_USED, SubscriptionRow
from chenu.core.mail import MailKind, queue_mail
from chenu.core.mail_params import (
    MailParams,
    PaymentFailedParams,
    PlanCancelledParams,
    PlanChangedParams,
    PlanEndedParams,
    PlanParams,
    PlanPriceParams,
    PlanScheduledParams,
    PlanStartedParams,
    TrialEndingParams,
)
from chenu.flows.plan_kinds import PLAN_KINDS, name_plan
from chenu.support.withdrawals import is_withdrawn

_BEGUN = frozenset({SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE})


async def mail_plan_changes(
    before: SubscriptionRow | None, after: SubscriptionRow, number: int, *, is_unpaid: bool
) -> None:
    """`number` is that of Stripe's answer: it names a change that has nothing else of its own."""
    was_begun = before is not None and before.status is not SubscriptionStatus.INCOMPLETE
    if before is None or not was_begun:
        if after.status in _BEGUN:
            await _mail_start(after)
        return
    if not after.is_live:
        await _mail_end(before, after, is_unpaid=is_unpaid)
        return
    await _mail_change(before, after, number)
    await _mail_renewal(before, after)
    await _mail_schedule(before, after, number)
    await _mail_pause(before, after, number)


async def _mail_start(plan: SubscriptionRow) -> None:
    mailbox = await get_mailbox(plan.account_id)
    params = PlanStartedParams(
        **_price(mailbox, plan), is_trial=plan.status is SubscriptionStatus.TRIALING
    )
    key = f"plan-started:{plan.stripe_subscription_id}"
    await _queue(MailKind.PLAN_STARTED, mailbox, key, params)


async def _mail_end(before: SubscriptionRow, after: SubscriptionRow, *, is_unpaid: bool) -> None:
    if not before.is_live:
        return
    mailbox, stripe_id = await get_mailbox(after.account_id), after.stripe_subscription_id
    if after.refusal_code == TRIAL_USED:
        params = PlanParams(**_plan(mailbox, after))
        await _queue(MailKind.TRIAL_REFUSED, mailbox, f"trial-refused:{stripe_id}", params)
        return
    if _is_trial_over(before, after):
        params = PlanParams(**_plan(mailbox, after))
        await _queue(MailKind.TRIAL_ENDED, mailbox, f"trial-ended:{stripe_id}", params)
        return
    if await is_withdrawn(after.id):
        return  # whoever withdrew is mailed that, with what comes back
    ended = PlanEndedParams(**_plan(mailbox, after), is_unpaid=is_unpaid)
    await _queue(MailKind.PLAN_ENDED, mailbox, f"plan-ended:{stripe_id}", ended)


def _is_trial_over(before: SubscriptionRow, after: SubscriptionRow) -> bool:
    """It ran to its end and nobody could be charged; not one that somebody ended."""
    ends_at, ended_at = after.trial_ends_at, after.ended_at
    is_whole = ends_at is not None and ended_at is not None and ended_at >= ends_at
    is_trial = before.status is SubscriptionStatus.TRIALING
    return is_trial and is_whole and not after.cancel_at_period_end


async def _mail_change(before: SubscriptionRow, after: SubscriptionRow, number: int) -> None:
    was = (before.item, before.billing_interval)
    if was == (after.item, after.billing_interval):
        return
    mailbox = await get_mailbox(after.account_id)
    params = PlanChangedParams(
        **_price(mailbox, after), old_plan=name_plan(before.kind, before.item)
    )
    sold = PLAN_KINDS[after.kind]
    is_less = sold.rank(after.item) < sold.rank(before.item)
    kind = MailKind.PLAN_DOWNGRADED if is_less else MailKind.PLAN_CHANGED
    await _queue(kind, mailbox, f"plan-changed:{after.stripe_subscription_id}:{number}", params)


async def _mail_renewal(before: SubscriptionRow, after: SubscriptionRow) -> None:
    """Cancelled, or taken up again."""
    if before.cancel_at_period_end == after.cancel_at_period_end:
        return
    mailbox, stripe_id = await get_mailbox(after.account_id), after.stripe_subscription_id
    if after.cancel_at_period_end:
        cancelled = PlanCancelledParams(
            **_plan(mailbox, after),
            ends_at=after.period_end.isoformat(),
            is_trial=after.status is SubscriptionStatus.TRIALING,
        )
        key = f"plan-cancelled:{stripe_id}:{after.canceled_at}"
        await _queue(MailKind.PLAN_CANCELLED, mailbox, key, cancelled)
        return
    key = f"plan-resumed:{stripe_id}:{before.canceled_at}"
    resumed = PlanPriceParams(**_price(mailbox, after))
    await _queue(MailKind.PLAN_RESUMED, mailbox, key, resumed)


async def _mail_schedule(before: SubscriptionRow, after: SubscriptionRow, number: int) -> None:
    """Another plan from the next period on, or no longer."""
    was = (before.scheduled_item, before.scheduled_interval)
    if was == (after.scheduled_item, after.scheduled_interval):
        return
    if not after.is_downgrade_waiting and not _is_as_before(before, after):
        return  # it came about, or something else took its place, which is mailed
    kind, described = MailKind.PLAN_CHANGE_SCHEDULED, after
    if not after.is_downgrade_waiting:
        kind, described = MailKind.PLAN_CHANGE_UNDONE, before
    mailbox = await get_mailbox(after.account_id)
    params = PlanScheduledParams(
        **_plan(mailbox, after),
        next_plan=name_plan(after.kind, str(described.scheduled_item)),
        interval=(described.scheduled_interval or described.billing_interval).value,
        starts_at=(described.scheduled_at or described.period_end).isoformat(),
    )
    await _queue(kind, mailbox, f"plan-scheduled:{after.stripe_subscription_id}:{number}", params)


def _is_as_before(before: SubscriptionRow, after: SubscriptionRow) -> bool:
    """The same plan, which goes on as it did."""
    was = (before.item, before.billing_interval, before.cancel_at_period_end)
    return was == (after.item, after.billing_interval, after.cancel_at_period_end)


async def _mail_pause(before: SubscriptionRow, after: SubscriptionRow, number: int) -> None:
    """Paused in Stripe's dashboard, or no longer."""
    mailbox = await get_mailbox(after.account_id)
    key = f"plan-paused:{after.stripe_subscription_id}:{number}"
    if after.is_paused and not before.is_paused:
        paused = PlanParams(**_plan(mailbox, after))
        await _queue(MailKind.PLAN_PAUSED, mailbox, key, paused)
    elif before.is_paused and after.gives_access:
        unpaused = PlanPriceParams(**_price(mailbox, after))
        await _queue(MailKind.PLAN_UNPAUSED, mailbox, key, unpaused)


async def mail_trial_ending(plan: SubscriptionRow, preview: RenewalPreview) -> None:
    """Once for each end of the trial."""
    ends_at = plan.trial_ends_at or plan.period_end
    mailbox = await get_mailbox(plan.account_id)
    params = TrialEndingParams(
        **_plan(mailbox, plan),
        amount=preview.amount,
        interval=plan.billing_interval,
        ends_at=ends_at.isoformat(),
        has_card=preview.has_card,
    )
    key = f"trial-ending:{plan.stripe_subscription_id}:{ends_at.isoformat()}"
    await _queue(MailKind.TRIAL_ENDING, mailbox, key, params)


async def mail_failed_payment(plan: SubscriptionRow, invoice: InvoiceState) -> None:
    """At each try of a renewal that failed, as far as we see them one by one."""
    mailbox, again_at = await get_mailbox(plan.account_id), invoice.next_attempt_at
    params = PaymentFailedParams(
        **_plan(mailbox, plan),
        amount=invoice.total - invoice.amount_paid,
        attempt=invoice.attempts,
        next_attempt_at=again_at.isoformat() if again_at else None,
        invoice_url=invoice.hosted_url,
    )
    key = f"payment-failed:{invoice.id}:{invoice.attempts}"
    await _queue(MailKind.PAYMENT_FAILED, mailbox, key, params)


def _plan(mailbox: Mailbox, plan: SubscriptionRow) -> dict[str, Any]:
    return {
        "name": mailbox.name,
        "account": mailbox.account,
        "plan": name_plan(plan.kind, plan.item),
        "is_api": plan.kind is SubscriptionKind.API_PLAN,
    }


def _price(mailbox: Mailbox, plan: SubscriptionRow) -> dict[str, Any]:
    return {
        **_plan(mailbox, plan),
        "price": plan.price,
        "interval": plan.billing_interval.value,
        "renews_at": plan.period_end.isoformat(),
    }


async def _queue(kind: MailKind, mailbox: Mailbox, key: str, params: MailParams) -> None:
    await queue_mail(kind, mailbox.email, mailbox.locale, key, params)
