"""Our mirror of Stripe's subscriptions: the newest answer wins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from chenu.accounts.actor import AccountId
from chenu.billing.recurring import (
    BillingInterval,
    SubscriptionKind,
    SubscriptionState,
    SubscriptionStatus,
)
from chenu.billing.tables import Subscription
from chenu.core import db
from chenu.core.fetched import Fetched
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.rows import Columns, insert

SubscriptionId = NewType("SubscriptionId", UUID)

TRIAL_USED = "TRIAL_USED"
"""`refusal_code` of a subscription that ended because its card was in another trial."""


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """`price` in cents for each interval; times are Stripe's, on business time.

    `refusal_code` is why we ended it.
    """

    id: SubscriptionId
    account_id: AccountId
    kind: SubscriptionKind
    item: str
    billing_interval: BillingInterval
    status: SubscriptionStatus
    gives_access: bool
    price: Cents
    stripe_subscription_id: str
    stripe_item_id: str
    period_start: datetime
    period_end: datetime
    trial_ends_at: datetime | None
    cancel_at_period_end: bool
    canceled_at: datetime | None
    ended_at: datetime | None
    refusal_code: str | None
    created_at: datetime

    @property
    def is_live(self) -> bool:
        return self.status is not SubscriptionStatus.CANCELED


_SUBSCRIPTIONS = Columns(SubscriptionRow, Subscription, account_id="account")
_SUBSCRIPTION = f"SELECT {_SUBSCRIPTIONS.select()} FROM subscription"  # noqa: S608 - own columns


async def list_live_subscriptions(
    account_id: AccountId, kind: SubscriptionKind
) -> list[SubscriptionRow]:
    """Those that have not ended, oldest first: one, unless two pages were paid at once."""
    sql = f"""
        {_SUBSCRIPTION} WHERE account = $1 AND kind = $2 AND status <> 'CANCELED'
        ORDER BY created_at, id
    """
    return await db.fetch_all(SubscriptionRow, sql, account_id, kind)


async def list_plans(account_ids: Sequence[AccountId]) -> list[SubscriptionRow]:
    """The tier's subscription of each account: the live one; else the last that ended."""
    sql = f"""
        SELECT DISTINCT ON (account) {_SUBSCRIPTIONS.select()} FROM subscription
        WHERE account = ANY($1) AND kind = 'TIER'
        ORDER BY account, (status <> 'CANCELED') DESC, created_at DESC, id DESC
    """  # noqa: S608 - own columns
    return await db.fetch_all(SubscriptionRow, sql, list(account_ids))


async def find_plan(account_id: AccountId) -> SubscriptionRow | None:
    """The live one; else the last that ended."""
    found = await list_plans([account_id])
    return found[0] if found else None


async def find_subscription_by_stripe_id(stripe_id: str) -> SubscriptionRow | None:
    sql = f"{_SUBSCRIPTION} WHERE stripe_subscription_id = $1"
    return await db.find_one(SubscriptionRow, sql, stripe_id)


async def list_subscriptions_by_id(ids: Sequence[SubscriptionId]) -> list[SubscriptionRow]:
    """In no particular order; callers check whose they are."""
    sql = f"{_SUBSCRIPTION} WHERE id = ANY($1)"
    return await db.fetch_all(SubscriptionRow, sql, list(ids))


async def store_subscription(
    account_id: AccountId, kind: SubscriptionKind, item: str, fetched: Fetched[SubscriptionState]
) -> bool:
    """Insert it, or adopt the answer unless a later one is stored; False for a stale answer.

    The caller holds the account's lock for this kind. What has ended at Stripe stays ended.
    """
    state = fetched.value
    values = {
        "id": new_id(),
        "account": account_id,
        "kind": kind,
        "item": item,
        "billing_interval": state.interval,
        "status": state.status,
        "gives_access": state.gives_access,
        "price": state.price,
        "stripe_subscription_id": state.id,
        "stripe_item_id": state.item_id,
        "period_start": state.period_start,
        "period_end": state.period_end,
        "trial_ends_at": state.trial_ends_at,
        "cancel_at_period_end": state.cancel_at_period_end,
        "canceled_at": state.canceled_at,
        "ended_at": state.ended_at,
        "fetch_number": fetched.number,
        "created_at": state.created,
    }
    fixed = ("id", "account", "kind", "stripe_subscription_id", "created_at")
    changes = ", ".join(f"{name} = excluded.{name}" for name in values if name not in fixed)
    suffix = f"""
        ON CONFLICT (stripe_subscription_id) DO UPDATE SET {changes}
        WHERE subscription.fetch_number < excluded.fetch_number
            AND subscription.status <> 'CANCELED'
    """
    return bool(await insert(Subscription, values, suffix))


async def record_refusal(subscription_id: SubscriptionId, code: str | None) -> None:
    """Why we ended it."""
    sql = "UPDATE subscription SET refusal_code = $2 WHERE id = $1"
    await db.execute(sql, subscription_id, code)
