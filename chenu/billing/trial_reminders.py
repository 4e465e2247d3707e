"""When the end of each trial is announced: a row with its due time, on business time."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from chenu.billing.recurring import SubscriptionStatus
from chenu.billing.subscriptions import SubscriptionId, SubscriptionRow
from chenu.billing.tables import TrialReminder
from chenu.core import db
from chenu.core.backoff import BACKOFF
from chenu.core.clock import business_now, system_now
from chenu.core.ids import new_id
from chenu.core.rows import Columns, insert

BEFORE_END = timedelta(days=2)


class ReminderRow(msgspec.Struct, frozen=True):
    id: UUID
    subscription_id: SubscriptionId
    due_at: datetime


_REMINDERS = Columns(ReminderRow, TrialReminder, subscription_id="subscription")
_DUE = "done_at IS NULL AND due_at <= $1 AND next_attempt_at <= $2"


def is_in_trial(subscription: SubscriptionRow) -> bool:
    ends_at = subscription.trial_ends_at
    is_over = ends_at is None or ends_at <= business_now()
    return subscription.status is SubscriptionStatus.TRIALING and not is_over


def is_reminded(subscription: SubscriptionRow) -> bool:
    """Whether its trial runs and nobody has cancelled it."""
    return is_in_trial(subscription) and not subscription.cancel_at_period_end


async def schedule_reminder(subscription: SubscriptionRow) -> None:
    """Once for each end of its trial; another end is announced anew."""
    if subscription.status is not SubscriptionStatus.TRIALING or not subscription.trial_ends_at:
        return
    values = {
        "id": new_id(),
        "subscription": subscription.id,
        "due_at": subscription.trial_ends_at - BEFORE_END,
        "next_attempt_at": system_now(),
    }
    suffix = """
        ON CONFLICT (subscription) DO UPDATE SET due_at = excluded.due_at, done_at = NULL,
            attempts = 0, last_error = NULL, next_attempt_at = excluded.next_attempt_at
        WHERE trial_reminder.due_at <> excluded.due_at
    """
    await insert(TrialReminder, values, suffix)


async def list_due_reminders(*, limit: int = 100) -> list[ReminderRow]:
    """The most overdue first."""
    sql = f"""
        SELECT {_REMINDERS.select()} FROM trial_reminder WHERE {_DUE} ORDER BY due_at LIMIT $3
    """  # noqa: S608 - own columns
    return await db.fetch_all(ReminderRow, sql, business_now(), system_now(), limit)


async def count_due_reminders() -> int:
    sql = f"SELECT count(*) FROM trial_reminder WHERE {_DUE}"  # noqa: S608 - own text
    return int(await db.fetch_value(sql, business_now(), system_now()))


async def find_next_reminder() -> datetime | None:
    """The next due time that lies ahead; for the demo's clock."""
    sql = "SELECT min(due_at) FROM trial_reminder WHERE done_at IS NULL AND due_at > $1"
    found: datetime | None = await db.fetch_value(sql, business_now())
    return found


async def finish_reminder(reminder_id: UUID) -> bool:
    """Once: False if another worker did."""
    sql = "UPDATE trial_reminder SET done_at = $2 WHERE id = $1 AND done_at IS NULL"
    return bool(await db.execute(sql, reminder_id, system_now()))


async def postpone_reminder(reminder_id: UUID, error: str) -> None:
    sql = f"""
        UPDATE trial_reminder SET attempts = attempts + 1, last_error = $2,
            next_attempt_at = $3::timestamptz + {BACKOFF}
        WHERE id = $1 AND done_at IS NULL
    """  # noqa: S608 - texts of ours
    await db.execute(sql, reminder_id, error[:500], system_now())
