"""Our mirror of Stripe's subscriptions: the newest answer wins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NewType
from uuid import UUID

import msgspec

from chenu.accounts.actor import AccountId
from chenu.billing.coupon_rules import CouponDuration
from chenu.billing.coupons import find_code
from chenu.billing.mrr import RecurringKind
from chenu.billing.recurring import (
    GIVES_ACCESS,
    BillingInterval,
    DiscountState,
    SubscriptionKind,
    SubscriptionState,
    SubscriptionStatus,
)
from chenu.billing.recurring_states import record_subscription
from chenu.billing.tables import Subscription
from chenu.core import db
from chenu.core.fetched import Fetched
from chenu.core.ids import new_id
from chenu.core.money import Cents
from chenu.core.rows import Columns, insert

SubscriptionId = NewType("SubscriptionId", UUID)

TRIAL_USED = "TRIAL_USED"
"""`refusal_code` of a subscription that ended because its card was in another trial."""


class SubscriptionRow(msgspec.Struct, frozen=True):
    """`price` in cents for each interval; times are Stripe's, on business time.

    `discount_...`: what it has taken off now, all None without a discount.
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
    discount_code: str | None
    discount_percent: int | None
    discount_amount: Cents | None
    discount_duration: CouponDuration | None
    discount_ends_at: datetime | None
    schedule_id: str | None
    scheduled_item: str | None
    scheduled_interval: BillingInterval | None
    scheduled_at: datetime | None
    pending_item: str | None
    pending_interval: BillingInterval | None
    pending_invoice_id: str | None
    pending_payment_url: str | None
    pending_expires_at: datetime | None
    refusal_code: str | None
    created_at: datetime

    @property
    def is_live(self) -> bool:
        return self.status is not SubscriptionStatus.CANCELED

    @property
    def access_ends_at(self) -> datetime | None:
        """When what was subscribed to ends or has ended; None while it is renewed."""
        if self.is_live:
            return self.period_end if self.cancel_at_period_end else None
        return self.ended_at or self.period_end

    @property
    def is_paused(self) -> bool:
        """In Stripe's dashboard: nothing is charged, and it gives nothing."""
        return self.status in GIVES_ACCESS and not self.gives_access

    @property
    def is_downgrade_waiting(self) -> bool:
        """Another plan is scheduled for the end of the period."""
        return self.scheduled_item is not None

    @property
    def is_payment_waiting(self) -> bool:
        """A change takes effect once its owner has paid for it."""
        return self.pending_item is not None


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


async def has_live_subscription(account_id: AccountId, kind: SubscriptionKind, item: str) -> bool:
    sql = """
        SELECT EXISTS (SELECT 1 FROM subscription
            WHERE account = $1 AND kind = $2 AND item = $3 AND status <> 'CANCELED')
    """
    return bool(await db.fetch_value(sql, account_id, kind, item))


async def list_recent_subscriptions(
    account_id: AccountId, kind: SubscriptionKind
) -> list[SubscriptionRow]:
    """The newest first, live or ended."""
    sql = f"""
        {_SUBSCRIPTION} WHERE account = $1 AND kind = $2 ORDER BY created_at DESC, id DESC LIMIT 5
    """
    return await db.fetch_all(SubscriptionRow, sql, account_id, kind)


async def list_plans(account_ids: Sequence[AccountId]) -> list[SubscriptionRow]:
    """The tier's subscription of each account: the live one; else the last that ended."""
    return await _list_last(account_ids, SubscriptionKind.TIER)


async def list_api_plans(account_ids: Sequence[AccountId]) -> list[SubscriptionRow]:
    """The same for the paid API's plan, of which an account has one at most."""
    return await _list_last(account_ids, SubscriptionKind.API_PLAN)


async def _list_last(
    account_ids: Sequence[AccountId], kind: SubscriptionKind
) -> list[SubscriptionRow]:
    sql = f"""
        SELECT DISTINCT ON (account) {_SUBSCRIPTIONS.select()} FROM subscription
        WHERE account = ANY($1) AND kind = $2
        ORDER BY account, (status <> 'CANCELED') DESC, created_at DESC, id DESC
    """  # noqa: S608 - own columns
    return await db.fetch_all(SubscriptionRow, sql, list(account_ids), kind)


async def find_plan(
    account_id: AccountId, kind: SubscriptionKind = SubscriptionKind.TIER
) -> SubscriptionRow | None:
    """The live one; else the last that ended. Of tiers or API plans."""
    found = await _list_last([account_id], kind)
    return found[0] if found else None


async def find_subscription_by_stripe_id(stripe_id: str) -> SubscriptionRow | None:
    sql = f"{_SUBSCRIPTION} WHERE stripe_subscription_id = $1"
    return await db.find_one(SubscriptionRow, sql, stripe_id)


async def list_subscriptions_by_id(ids: Sequence[SubscriptionId]) -> list[SubscriptionRow]:
    """In no particular order; callers check whose they are."""
    sql = f"{_SUBSCRIPTION} WHERE id = ANY($1)"
    return await db.fetch_all(SubscriptionRow, sql, list(ids))


async def list_subscriptions_by_stripe_id(stripe_ids: Sequence[str]) -> list[SubscriptionRow]:
    """In no particular order; callers check whose they are."""
    sql = f"{_SUBSCRIPTION} WHERE stripe_subscription_id = ANY($1)"
    return await db.fetch_all(SubscriptionRow, sql, list(stripe_ids))


class SubscribedItems(msgspec.Struct, frozen=True):
    """What is subscribed to, will be by a schedule, and is to be once that is paid.

    `interval` where Stripe's price has none of ours.
    """

    current: str
    scheduled: str | None = None
    pending: str | None = None
    interval: BillingInterval | None = None


async def store_subscription(
    account_id: AccountId,
    kind: SubscriptionKind,
    items: SubscribedItems,
    fetched: Fetched[SubscriptionState],
) -> bool:
    """Insert it, or adopt the answer unless a later one is stored; False for a stale answer.

    The caller holds the account's lock for this kind. What has ended at Stripe stays ended. The
    history has a row of it where something changed that MRR depends on.
    """
    values = _values_of(account_id, kind, items, fetched)
    fixed = ("id", "account", "kind", "stripe_subscription_id", "created_at")
    changes = ", ".join(f"{name} = excluded.{name}" for name in values if name not in fixed)
    suffix = f"""
        ON CONFLICT (stripe_subscription_id) DO UPDATE SET {changes}
        WHERE subscription.fetch_number < excluded.fetch_number
            AND subscription.status <> 'CANCELED'
    """
    if not await insert(Subscription, values, suffix):
        return False
    sql = "SELECT id FROM subscription WHERE stripe_subscription_id = $1"
    source = await db.fetch_value(sql, fetched.value.id)
    plan = RecurringKind(kind), items.current, values["billing_interval"]
    await record_subscription(account_id, source, plan, fetched.value)
    return True


def _values_of(
    account_id: AccountId,
    kind: SubscriptionKind,
    items: SubscribedItems,
    fetched: Fetched[SubscriptionState],
) -> dict[str, Any]:
    state = fetched.value
    return {
        "id": new_id(),
        "account": account_id,
        "kind": kind,
        "item": items.current,
        "billing_interval": state.interval or items.interval,
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
        **_discount_columns(state.discount),
        **_scheduled_values(items, state),
        **_pending_values(items, state),
        "fetch_number": fetched.number,
        "created_at": state.created,
    }


def _scheduled_values(items: SubscribedItems, state: SubscriptionState) -> dict[str, Any]:
    known = state.scheduled if items.scheduled else None
    return {
        "schedule_id": state.schedule_id,
        "scheduled_item": items.scheduled,
        "scheduled_interval": known and known.interval,
        "scheduled_at": known and known.starts_at,
    }


def _pending_values(items: SubscribedItems, state: SubscriptionState) -> dict[str, Any]:
    known = state.pending if items.pending else None
    return {
        "pending_item": items.pending,
        "pending_interval": known and known.interval,
        "pending_invoice_id": known and known.invoice_id,
        "pending_payment_url": known and known.payment_url,
        "pending_expires_at": known and known.expires_at,
    }


def _discount_columns(discount: DiscountState | None) -> dict[str, object]:
    """By our code; one that was given in Stripe's dashboard has the name that it has there."""
    if discount is None:
        names = ("code", "percent", "amount", "duration", "ends_at")
        return {f"discount_{name}": None for name in names}
    return {
        "discount_code": find_code(discount.coupon_id) or discount.name,
        "discount_percent": discount.percent_off,
        "discount_amount": discount.amount_off,
        "discount_duration": discount.duration.upper(),
        "discount_ends_at": discount.ends_at,
    }


async def record_refusal(subscription_id: SubscriptionId, code: str | None) -> None:
    """Why we ended it."""
    sql = "UPDATE subscription SET refusal_code = $2 WHERE id = $1"
    await db.execute(sql, subscription_id, code)
