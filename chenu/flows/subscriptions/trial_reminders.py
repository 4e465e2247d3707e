"""The mail on day 12 of a trial: what happens at its end, and what will be charged."""

from chenu.billing.renewals import RenewalPreview
from chenu.billing.subscriptions import SubscriptionRow, list_subscriptions_by_id
from chenu.billing.trial_reminders import (
    ReminderRow,
    finish_reminder,
    is_in_trial,
    is_reminded,
    list_due_reminders,
    postpone_reminder,
)
from chenu.core import db
from chenu.core.backoff import name_failure
from chenu.flows.operations.repair import repair_one
from chenu.flows.services import Services
from chenu.flows.subscriptions.mails import mail_trial_ending
from chenu.flows.subscriptions.mirror import follow_subscription, lock_subscriptions


async def send_due_reminders(services: Services) -> None:
    """One that fails waits longer and longer, and does not stop others."""
    for reminder in await list_due_reminders():
        await repair_one(_remind(services, reminder), trial_reminder=str(reminder.id))


async def _remind(services: Services, reminder: ReminderRow) -> None:
    try:
        plan = await _get_plan(reminder)
        if is_reminded(plan):  # Stripe may have more to say than it has told us
            await follow_subscription(services.subscriptions, plan.stripe_subscription_id)
            plan = await _get_plan(reminder)
        if is_in_trial(plan) and plan.cancel_at_period_end:  # it may be taken up again
            await postpone_reminder(reminder.id, "cancelled")
            return
        preview = None
        if is_reminded(plan):
            preview = await services.subscriptions.preview_renewal(plan.stripe_subscription_id)
        await _finish(reminder, preview)
    except Exception as error:
        await postpone_reminder(reminder.id, name_failure(error))
        raise


async def _get_plan(reminder: ReminderRow) -> SubscriptionRow:
    [plan] = await list_subscriptions_by_id([reminder.subscription_id])
    return plan


async def _finish(reminder: ReminderRow, preview: RenewalPreview | None) -> None:
    """In one transaction with the mail, for the plan as it is by then."""

    async def write() -> None:
        plan = await _get_plan(reminder)
        await lock_subscriptions(plan.account_id, plan.kind)
        plan = await _get_plan(reminder)
        is_first = await finish_reminder(reminder.id)
        if is_first and preview is not None and is_reminded(plan):
            await mail_trial_ending(plan, preview)

    await db.run_in_transaction(write)
